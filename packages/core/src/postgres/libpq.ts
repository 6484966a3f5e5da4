/**
 * Tells pg_dump, pg_restore and psql how to connect: in the environment, and in files that only this user can read. Never in arguments.
 */
import { randomUUID } from "node:crypto";
import { mkdtemp, mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readVariable, withoutCredentials, type Environment } from "../config/env.ts";
import type { Endpoint } from "./endpoint.ts";
import { programOptions } from "./pinned-settings.ts";

/** A line of a pass file; `:` and `\` are escaped (PostgreSQL documentation, "The Password File"). */
export function passFileLine(user: string, password: string): string {
  const escape = (text: string) => text.replaceAll(/[\\:]/g, "\\$&");
  // The file holds one password only, so host, port and database need not be matched.
  return `*:*:*:${escape(user)}:${escape(password)}\n`;
}

async function writePassFile(file: string, user: string, password: string): Promise<void> {
  await writeFile(file, passFileLine(user, password), { mode: 0o600 });
}

/**
 * Writes a new password to the pass file of an environment, if a password is valid for minutes only. Each start of a program needs it: a sync may
 * take hours.
 */
export async function renewPassword(
  { freshPassword, user }: Endpoint,
  { PGPASSFILE }: Environment,
): Promise<void> {
  if (freshPassword === undefined || PGPASSFILE === undefined) return;
  // Another program may be reading the file.
  const renewed = `${PGPASSFILE}-${randomUUID()}`;
  await writePassFile(renewed, user, await freshPassword());
  await rename(renewed, PGPASSFILE);
}

/**
 * Writes the files libpq needs for an endpoint below `directory` and returns the environment that names them.
 * The programs do not get the PG* variables of the caller, because PGOPTIONS or PGSERVICE of a shell must not change a sync. They do not
 * get secrets or AWS credentials either.
 */
export async function libpqEnvironment(
  endpoint: Endpoint,
  directory: string,
  base: Environment,
): Promise<Environment> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const files = await mkdtemp(join(directory, `${endpoint.system}-`));
  const passFile = join(files, "pgpass");
  await writePassFile(passFile, endpoint.user, endpoint.password);
  const inherited = Object.fromEntries(
    Object.entries(withoutCredentials(base)).filter(([name]) => !name.startsWith("PG")),
  );
  const environment: Record<string, string | undefined> = {
    ...inherited,
    PGHOST: endpoint.host,
    PGPORT: String(endpoint.address?.port ?? endpoint.port),
    PGDATABASE: endpoint.database,
    PGUSER: endpoint.user,
    PGPASSFILE: passFile,
    PGAPPNAME: "pilot-light",
    PGCONNECT_TIMEOUT: readVariable(base, "PGCONNECT_TIMEOUT") ?? "15",
    PGCLIENTENCODING: "UTF8",
    PGOPTIONS: programOptions,
    // This tool reads their messages, so they must be in English.
    LC_ALL: "C",
  };
  if (endpoint.address !== undefined) environment.PGHOSTADDR = endpoint.address.host;
  if (endpoint.channelBinding !== undefined) environment.PGCHANNELBINDING = endpoint.channelBinding;
  if (endpoint.tls.mode === "disable") {
    environment.PGSSLMODE = "disable";
  } else {
    const caFile = join(files, "ca.pem");
    await writeFile(caFile, endpoint.tls.ca, { mode: 0o600 });
    environment.PGSSLMODE = "verify-full";
    environment.PGSSLROOTCERT = caFile;
  }
  return environment;
}
