/** Dumps a database into one file that plain `pg_restore` can read. */
import { stat } from "node:fs/promises";
import type { CommandContext } from "@pilot-light/core/cli/command";
import type { Environment } from "@pilot-light/core/config/env";
import type { Side } from "@pilot-light/core/errors";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import type { ClientPrograms } from "@pilot-light/core/postgres/programs";
import { run } from "@pilot-light/core/process";
import { runWatched, type Server } from "@pilot-light/core/postgres/watched-program";
import { dumpDamaged, dumpFailed } from "../errors.ts";
import { chooseCompression } from "./compression.ts";

/** A finished dump on disk. */
export interface Dump {
  file: string;
  bytes: number;
}

export interface DumpRequest {
  system: DatabaseSystem;
  endpoint: Server["endpoint"];
  programs: ClientPrograms;
  /** From `libpqEnvironment`. */
  environment: Environment;
  file: string;
  /** Exported snapshot to dump. */
  snapshot: string;
  /** The side to which a failure of pg_dump belongs. It decides the exit code. */
  side: Side;
  /** Tables whose rows are left out. Default: none. */
  withoutRows?: readonly { schema: string; name: string }[];
  /** Dump only these. Default: everything. */
  only?: { schemas: ReadonlySet<string>; extensions: ReadonlySet<string> } | undefined;
  /** Called once when pg_dump has its locks, or has ended. */
  onLocked?: () => void;
}

/** The line that `pg_dump --verbose` prints after it has locked all tables (`getSchemaData` in src/bin/pg_dump/common.c, 14 to 18). */
const afterLocking = "reading user-defined functions";

/**
 * Parts that every dump leaves out. A sync does not copy roles, so the target keeps its owners and privileges. The other parts concern more
 * than the database.
 */
export const scopeFlags: readonly string[] = [
  "--no-owner",
  "--no-privileges",
  "--no-publications",
  "--no-subscriptions",
  "--no-security-labels",
  "--no-tablespaces",
];

/** Flags for what a filter leaves out. */
export function filterFlags({ withoutRows = [], only }: Pick<DumpRequest, "withoutRows" | "only">): string[] {
  return [
    ...withoutRows.map(({ schema, name }) => `--exclude-table-data=${asPattern(schema)}.${asPattern(name)}`),
    ...[...(only?.schemas ?? [])].map((name) => `--schema=${asPattern(name)}`),
    ...[...(only?.extensions ?? [])].map((name) => `--extension=${asPattern(name)}`),
  ];
}

/**
 * Runs pg_dump in custom format, without the parts of `scopeFlags`.
 * @throws OpsError DUMP_FAILED of the side's class
 */
export async function makeDump(request: DumpRequest, { printer, signal }: CommandContext): Promise<Dump> {
  const { system, endpoint, programs, environment, file, snapshot, side, withoutRows = [], only } = request;
  const args = [
    "--format=custom",
    `--compress=${await chooseCompression(programs, environment, signal)}`,
    ...scopeFlags,
    ...filterFlags({ withoutRows, only }),
    "--no-password",
    "--verbose",
    // The file is temporary. To wait for the disk would look like waiting for the server.
    "--no-sync",
    "--lock-wait-timeout=30000",
    `--file=${file}`,
    `--snapshot=${snapshot}`,
  ];
  const onStart = (line: string) => printer.detail(`$ ${line}`);
  const onStderr = (line: string) => {
    if (line.includes(afterLocking)) request.onLocked?.();
  };
  const options = { environment, signal, onStart, onStderr };
  const running = runWatched(programs.pgDump, args, options, { endpoint, side }, { output: file });
  const { exitCode, stderr } = await running.finally(() => request.onLocked?.());
  if (exitCode !== 0) {
    throw dumpFailed({ side, system, errors: programErrors(stderr) });
  }
  return { file, bytes: (await stat(file)).size };
}

/** A pattern of pg_dump that matches only this name. */
function asPattern(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * Reads a dump from its first to its last byte. `pg_restore --list` would not notice that a dump is truncated.
 * @throws OpsError DUMP_DAMAGED of class `target`
 */
export async function checkArchive(
  programs: Pick<ClientPrograms, "pgRestore">,
  file: string,
  environment: Environment,
  signal: AbortSignal,
): Promise<void> {
  const { exitCode, stderr } = await run(programs.pgRestore, ["--file=/dev/null", file], {
    environment,
    signal,
  });
  if (exitCode === 0) return;
  throw dumpDamaged({ errors: programErrors(stderr) });
}

/** The lines in which a PostgreSQL program reports what failed, without the lines that `--verbose` adds; at most 15. */
export function programErrors(stderr: readonly string[]): string[] {
  const errors = stderr.filter((line) =>
    /: (error|fatal|warning|detail|hint): |^(Command was|DETAIL|HINT|CONTEXT): /.test(line),
  );
  return (errors.length > 0 ? errors : stderr).slice(-15);
}
