/** Creates two databases for one test, with their own bucket, secret and outputs file. */
import { randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { resourceNames } from "@pilot-light/core/contract";
import { processEnvironment } from "@pilot-light/core/config/env";
import pg from "pg";
import { createBucket, createSecret, removeBucket, removeSecret } from "./aws/resources.ts";
import { motoUrl } from "./aws/moto.ts";
import { databaseUrl, sandboxEnvironment } from "./environment.ts";
import {
  adminRole,
  applicationRole,
  bypassRole,
  ownerRoles,
  sandboxPassword,
  sides,
  type Side,
} from "./names.ts";
import { writeOutputs } from "./outputs-file.ts";
import { loopback } from "./ports.ts";
import { adminLogin } from "./postgres/cluster.ts";
import { asAdmin, connect, type Connection } from "./postgres/connect.ts";
import { createFromTemplate, type Seed } from "./postgres/seeds.ts";
import type { Sandbox } from "./sandbox.ts";
import type { SandboxState } from "./state.ts";

/** The data of a pair. */
export interface PairOptions {
  neon: Seed;
  rds: Seed;
  /** The RDS master user gets BYPASSRLS, which a real one does not have. A copy of tables with forced row-level security needs it. */
  rdsBypassRls?: boolean;
  /** Default: a random name. */
  project?: string;
}

/** One database of a pair. */
export interface PairDatabase {
  /** A random name. Disposing of the pair drops every database whose name starts with it. */
  database: string;
  /** The role that the tools use: it owns the database and every object in it. */
  role: string;
  /** URL for the superuser, over the loopback address without TLS. */
  adminUrl: string;
  /** URL for `role`, over the loopback address without TLS. */
  url: string;
}

/** A pair of databases, ready to be synced. */
export interface Pair extends AsyncDisposable {
  project: string;
  /**
   * The whole environment for a command: PATH and the sandbox's variables. HOME and TMPDIR are directories of the pair: no file of
   * the developer has an effect, and a test finds every file that a command leaves behind.
   */
  env: Record<string, string>;
  outputsFile: string;
  bucket: string;
  neon: PairDatabase;
  rds: PairDatabase & { secretArn: string };
  /** Runs a query as the superuser. */
  query(side: Side, sql: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  /** Opens a session: as the superuser, as the owner, or as an application that owns nothing. */
  connect(side: Side, as?: "admin" | "owner" | "application"): Promise<Connection>;
  /** Ends all sessions and deletes every database, object and file of the pair. */
  dispose(): Promise<void>;
}

/** Creates a pair. This takes some tenths of a second, because the databases are copies of templates. */
export async function createPair(sandbox: Pick<Sandbox, "state">, options: PairOptions): Promise<Pair> {
  const { state } = sandbox;
  const suffix = randomBytes(4).toString("hex");
  const project = options.project ?? `t-${suffix}`;
  const roles = { neon: ownerRoles.neon, rds: options.rdsBypassRls === true ? bypassRole : ownerRoles.rds };
  const names = { neon: `neondb_${suffix}`, rds: `davidshaevel_${suffix}` };
  const endpoint = motoUrl(state.moto);
  const bucket = resourceNames(project).backupsBucket;
  const directory = join(state.directory, "pairs", suffix);
  const outputsFile = join(directory, "outputs.json");

  await mkdir(join(directory, "home"), { recursive: true });
  await mkdir(join(directory, "tmp"));
  const [secretArn] = await Promise.all([
    createSecret(endpoint, project, { username: roles.rds, password: sandboxPassword }),
    createBucket(endpoint, bucket),
    ...sides.map((side) => createFromTemplate(admin(state, side), options[side], names[side], roles[side])),
  ]);
  await writeOutputs(outputsFile, { project, host: state.rds.host, database: names.rds, secretArn });

  const open = (side: Side, as: "admin" | "owner" | "application" = "admin") => {
    if (as === "admin") return connect(admin(state, side, names[side]));
    const user = as === "owner" ? roles[side] : applicationRole;
    return connect({ port: state[side].port, database: names[side], user, password: sandboxPassword });
  };
  const dispose = async () => {
    await Promise.all([
      ...sides.map((side) => dropDatabases(state, side, names[side])),
      removeBucket(endpoint, bucket),
      removeSecret(endpoint, secretArn),
    ]);
    await rm(directory, { recursive: true, force: true });
  };
  const own = processEnvironment();
  return {
    project,
    env: {
      PATH: own.PATH ?? "",
      HOME: join(directory, "home"),
      TMPDIR: join(directory, "tmp"),
      ...sandboxEnvironment(state, { project, neonDatabase: names.neon, outputsFile }),
    },
    outputsFile,
    bucket,
    neon: pairDatabase(state, "neon", names.neon, roles.neon),
    rds: { ...pairDatabase(state, "rds", names.rds, roles.rds), secretArn },
    query: async (side, sql, values = []) => {
      await using session = await open(side);
      const result = await session.client.query<Record<string, unknown>>(sql, [...values]);
      return result.rows;
    },
    connect: open,
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

function admin(state: SandboxState, side: Side, database?: string) {
  return adminLogin(state[side], state.adminPassword, database);
}

function pairDatabase(state: SandboxState, side: Side, database: string, role: string): PairDatabase {
  const parts = { host: loopback, port: state[side].port, database, parameters: { sslmode: "disable" } };
  return {
    database,
    role,
    adminUrl: databaseUrl({ ...parts, user: adminRole, password: state.adminPassword }),
    url: databaseUrl({ ...parts, user: role, password: sandboxPassword }),
  };
}

/** Drops the database of a pair, and those that a sync has created under names that start with its name. */
async function dropDatabases(state: SandboxState, side: Side, prefix: string): Promise<void> {
  await using session = await connect(admin(state, side));
  const found = await session.client.query<{ datname: string }>(
    "select datname from pg_database where starts_with(datname, $1)",
    [prefix],
  );
  const statements = found.rows.map(
    ({ datname }) => `drop database ${pg.escapeIdentifier(datname)} with (force)`,
  );
  await asAdmin(admin(state, side), ...statements);
}
