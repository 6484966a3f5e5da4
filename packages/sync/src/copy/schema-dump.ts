/** Dumps the schema of a database with pg_dump, to compare it with another dump entry by entry. */
import type { Environment } from "@pilot-light/core/config/env";
import type { Side } from "@pilot-light/core/errors";
import type { Archive } from "@pilot-light/core/inventory/archive";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import type { ClientPrograms } from "@pilot-light/core/postgres/programs";
import { runWatched, type Server } from "@pilot-light/core/postgres/watched-program";
import { dumpFailed } from "../errors.ts";
import { programErrors, scopeFlags } from "./dump.ts";
import { readOwnArchive } from "./own-archive.ts";

export interface SchemaDumpRequest {
  /** The server to probe while pg_dump makes no progress. */
  endpoint: Server["endpoint"];
  system: DatabaseSystem;
  programs: ClientPrograms;
  /** From `libpqEnvironment`, for the server. */
  environment: Environment;
  database: string;
  /** The side to which a failure of pg_dump belongs. Default: the target. */
  side?: Side;
  /** Exported snapshot to dump. Default: the present state. */
  snapshot?: string;
  /** File to which the dump is written. */
  file: string;
  /** Ends pg_dump when it aborts. */
  signal?: AbortSignal;
  /** Called with the command line, for `--verbose`. */
  onStart?: (commandLine: string) => void;
}

/**
 * Dumps the schema of a database with the flags of every dump, and reads it.
 * @throws OpsError DUMP_FAILED of the side's class
 */
export async function dumpSchema(request: SchemaDumpRequest): Promise<Archive> {
  await writeSchema(request);
  return await readOwnArchive(request.file);
}

/**
 * Dumps the schema of a database to a file.
 * @throws OpsError DUMP_FAILED of the side's class
 */
export async function writeSchema(request: SchemaDumpRequest): Promise<void> {
  const {
    system,
    endpoint,
    programs,
    environment,
    database,
    file,
    signal,
    onStart,
    snapshot,
    side = "target",
  } = request;
  const args = [
    "--format=custom",
    "--compress=0",
    "--schema-only",
    "--no-sync",
    ...scopeFlags,
    "--no-password",
    "--lock-wait-timeout=30000",
    `--file=${file}`,
    ...(snapshot === undefined ? [] : [`--snapshot=${snapshot}`]),
  ];
  const options = {
    environment: { ...environment, PGDATABASE: database },
    ...(signal === undefined ? {} : { signal }),
    ...(onStart === undefined ? {} : { onStart }),
  };
  const { exitCode, stderr } = await runWatched(
    programs.pgDump,
    args,
    options,
    { endpoint, side },
    { output: file },
  );
  if (exitCode !== 0) {
    throw dumpFailed({ side, system, errors: programErrors(stderr) });
  }
}
