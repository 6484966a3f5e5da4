/** Finds pg_dump and pg_restore of a major version that fits both servers. */
import { readdir, realpath } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { readVariable, withoutCredentials, type Environment } from "../config/env.ts";
import { pgDumpMissing, pgDumpTooNew, pgDumpTooOld } from "../errors.ts";
import { run } from "../process.ts";
import { installCommand } from "./install-command.ts";

/** One installation of the client programs. */
export interface ClientPrograms {
  directory: string;
  pgDump: string;
  pgRestore: string;
  /** Major version, such as 16. */
  major: number;
  /** Full version, such as "16.4". */
  version: string;
}

/** Directories with one installation per major version: Debian, RPM, Homebrew (three prefixes), Postgres.app. */
const roots: readonly { parent: string; match: RegExp; bin: string }[] = [
  { parent: "/usr/lib/postgresql", match: /^\d+$/, bin: "bin" },
  { parent: "/usr", match: /^pgsql-\d+$/, bin: "bin" },
  { parent: "/opt/homebrew/opt", match: /^(postgresql(@\d+)?|libpq(@\d+)?)$/, bin: "bin" },
  { parent: "/home/linuxbrew/.linuxbrew/opt", match: /^(postgresql(@\d+)?|libpq(@\d+)?)$/, bin: "bin" },
  { parent: "/usr/local/opt", match: /^(postgresql(@\d+)?|libpq(@\d+)?)$/, bin: "bin" },
  { parent: "/Applications/Postgres.app/Contents/Versions", match: /^[\d.]+$/, bin: "bin" },
];

/**
 * Every installation with both programs: the PATH first, then the usual places.
 * With PILOT_LIGHT_PG_BIN only that directory.
 */
export async function findClientPrograms(environment: Environment): Promise<ClientPrograms[]> {
  const given = readVariable(environment, "PILOT_LIGHT_PG_BIN");
  const directories =
    given === undefined ? [...pathDirectories(environment), ...(await usualDirectories())] : [given];
  const found = await Promise.all(
    [...new Set(directories)].map((directory) => probe(directory, environment)),
  );
  return found.filter((programs) => programs !== undefined);
}

function pathDirectories(environment: Environment): string[] {
  return (environment.PATH ?? "").split(delimiter).filter((directory) => directory !== "");
}

async function usualDirectories(): Promise<string[]> {
  const lists = await Promise.all(
    roots.map(async ({ parent, match, bin }) => {
      const names = await readdir(parent).catch(() => []);
      return names.filter((name) => match.test(name)).map((name) => join(parent, name, bin));
    }),
  );
  return lists.flat();
}

async function probe(directory: string, environment: Environment): Promise<ClientPrograms | undefined> {
  const pgDump = join(directory, "pg_dump");
  const pgRestore = join(directory, "pg_restore");
  const real = await Promise.all([pgDump, pgRestore].map((path) => realpath(path).catch(() => undefined)));
  if (real.includes(undefined)) return undefined;
  // Debian's wrapper picks a version by its own configuration; the programs behind it are found in the usual places.
  if (real.some((path) => path?.endsWith("pg_wrapper"))) return undefined;
  const version = await versionOf(pgDump, environment);
  // Both must have the same version: only then is pg_restore certain to read the dumps of pg_dump.
  if (version === undefined || version !== (await versionOf(pgRestore, environment))) return undefined;
  return { directory, pgDump, pgRestore, major: Number.parseInt(version, 10), version };
}

async function versionOf(program: string, environment: Environment): Promise<string | undefined> {
  const result = await run(program, ["--version"], { environment: withoutCredentials(environment) }).catch(
    () => undefined,
  );
  return /\(PostgreSQL\) (\d+(?:\.\d+)?)/.exec(result?.stdout ?? "")?.[1];
}

/** From 17 on, a dump sets `transaction_timeout`, which older servers reject. */
const lastWithoutTransactionTimeout = 16;

/** The newest major version of pg_dump whose dumps a server of a major version restores. */
export function newestPgDumpFor(target: number): number {
  return target <= lastWithoutTransactionTimeout ? lastWithoutTransactionTimeout : Infinity;
}

/**
 * The installation to dump and restore with: the lowest major that can read every dumped server and that the target accepts.
 * @param dumped major versions of the servers that will be dumped
 * @param target major version of the server that will be restored to
 * @throws OpsError PG_DUMP_MISSING, PG_DUMP_TOO_OLD or PG_DUMP_TOO_NEW (configuration)
 */
export function chooseClientPrograms(
  found: readonly ClientPrograms[],
  dumped: readonly number[],
  target: number,
): ClientPrograms {
  const needed = Math.max(...dumped);
  const highest = newestPgDumpFor(target);
  const usable = found.filter((programs) => programs.major >= needed && programs.major <= highest);
  const [best] = [...usable].sort((a, b) => a.major - b.major);
  if (best !== undefined) return best;
  const versions = found.map((programs) => `${programs.version} in ${programs.directory}`);
  const install = installCommand(needed);
  if (found.length === 0) throw pgDumpMissing({ needed, install });
  if (found.every((programs) => programs.major < needed)) {
    throw pgDumpTooOld({ needed, found: versions, install });
  }
  throw pgDumpTooNew({ needed, highest, target, found: versions, install });
}
