/** The sample databases. Their SQL files are loaded once per cluster into template databases; every database is a copy of a template. */
import { readFile } from "node:fs/promises";
import pg from "pg";
import { asAdmin, connect, type Login } from "./connect.ts";

/**
 * The data of a database. `app`: an application. `stale`: the same application some weeks ago, with a table that it has dropped since.
 * `awkward`: every kind of object that is difficult to copy. `empty`: nothing.
 */
export const seeds = ["app", "stale", "awkward", "empty"] as const;
export type Seed = (typeof seeds)[number];

const seedFiles = {
  app: ["app.sql"],
  stale: ["app.sql", "stale.sql"],
  awkward: ["awkward.sql"],
  empty: [],
} as const satisfies Record<Seed, readonly string[]>;

/** Name of the template database with a seed whose objects `role` owns. */
function templateName(seed: Seed, role: string): string {
  return `seed_${seed}_${role}`;
}

/** Creates one template database per seed. The role of `login` owns its objects. */
export async function loadTemplates(admin: Login, login: Omit<Login, "database">): Promise<void> {
  for (const seed of seeds) {
    const database = templateName(seed, login.user);
    await asAdmin(
      admin,
      `create database ${pg.escapeIdentifier(database)} owner ${pg.escapeIdentifier(login.user)}`,
    );
    await using session = await connect({ ...login, database });
    for (const file of seedFiles[seed]) {
      await session.client.query(await readFile(new URL(`../../seeds/${file}`, import.meta.url), "utf8"));
    }
  }
}

/** Creates a database from a template: a copy of its files, with the same large objects, sequences and statistics. */
export async function createFromTemplate(
  admin: Login,
  seed: Seed,
  name: string,
  role: string,
): Promise<void> {
  const [database, template, owner] = [name, templateName(seed, role), role].map(pg.escapeIdentifier);
  await asAdmin(admin, `create database ${database ?? ""} template ${template ?? ""} owner ${owner ?? ""}`);
}
