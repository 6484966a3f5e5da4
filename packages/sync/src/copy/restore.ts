/** Restores a dump into the staging database, in parallel. The first error ends the restore. */
import { writeFile } from "node:fs/promises";
import type { CommandContext } from "@pilot-light/core/cli/command";
import type { Environment } from "@pilot-light/core/config/env";
import type { ClientPrograms } from "@pilot-light/core/postgres/programs";
import type { Archive } from "@pilot-light/core/inventory/archive";
import { runWatched, type Server } from "@pilot-light/core/postgres/watched-program";
import { restoreFailed } from "../errors.ts";
import { programErrors } from "./dump.ts";
import { isLeftOut, restoreList, type RestoreListOptions } from "./restore-list.ts";

export interface RestoreRequest {
  /** The target, whose server is probed when pg_restore makes no progress. */
  endpoint: Server["endpoint"];
  programs: ClientPrograms;
  /** From `libpqEnvironment`, for the target's server. */
  environment: Environment;
  file: string;
  database: string;
  /** Where the list of entries may be written. */
  listFile: string;
  archive: Archive;
  leftOut: RestoreListOptions;
  jobs: number;
}

/**
 * Restores, and counts the tables whose rows are restored.
 * @throws OpsError RESTORE_FAILED (target)
 */
export async function restore(
  request: RestoreRequest,
  { printer, signal }: CommandContext,
  onTable: (done: number, all: number) => void,
): Promise<void> {
  const { endpoint, programs, environment, file, database, listFile, archive, leftOut, jobs } = request;
  const onStart = (line: string) => printer.detail(`$ ${line}`);
  await writeFile(listFile, restoreList(archive.entries, leftOut), { mode: 0o600 });
  const all = archive.entries.filter(
    (entry) => entry.type === "TABLE DATA" && !isLeftOut(entry, leftOut),
  ).length;
  let done = 0;
  const args = [
    "--exit-on-error",
    "--no-owner",
    "--no-privileges",
    "--no-password",
    "--verbose",
    `--jobs=${jobs}`,
    `--use-list=${listFile}`,
    // As a connection string: pg_restore would take a bare name that contains `=` for one.
    `--dbname=dbname='${database.replaceAll(/[\\']/g, "\\$&")}'`,
    file,
  ];
  // Kept separately: the output of the other jobs after an error would push the error out of the tail.
  const reported: string[] = [];
  const onStderr = (line: string) => {
    if (/: finished item \d+ TABLE DATA /.test(line)) onTable((done += 1), all);
    if (!isProgress(line) && reported.length < 40) reported.push(line);
  };
  const options = { environment, signal, onStart, onStderr };
  const result = await runWatched(programs.pgRestore, args, options, { endpoint, side: "target" });
  if (result.exitCode !== 0) throw restoreFailed({ errors: programErrors(reported) });
}

/** A line of `--verbose` that reports no problem. */
function isProgress(line: string): boolean {
  return /^pg_restore: (?!error: |warning: |detail: |hint: )/.test(line);
}
