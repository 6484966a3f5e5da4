/** Restores parts of an archive into the staging database. The first error ends a part. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { GrowingStream } from "@pilot-light/core/async/growing-file";
import type { CommandContext } from "@pilot-light/core/cli/command";
import type { Environment } from "@pilot-light/core/config/env";
import type { ArchiveEntry, Section } from "@pilot-light/core/inventory/archive";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import type { ClientPrograms } from "@pilot-light/core/postgres/programs";
import { runWatched } from "@pilot-light/core/postgres/watched-program";
import { restoreFailed } from "../errors.ts";
import { programErrors } from "./dump.ts";
import { listOf } from "./restore-list.ts";

/** Where to restore to. */
export interface RestoreTarget {
  /** Its server is probed when pg_restore makes no progress. */
  endpoint: Endpoint;
  programs: ClientPrograms;
  /** From `libpqEnvironment`, for the target's server. */
  environment: Environment;
  /** The staging database. */
  database: string;
  /** Where lists of entries may be written. */
  directory: string;
}

/** What one run of pg_restore restores. */
export interface RestorePart {
  /** Names the file with the list of entries. */
  name: string;
  /** Default: all. */
  sections?: readonly Section[];
  /** In the order of the archive; those of other sections do not matter. */
  entries: readonly ArchiveEntry[];
  /** The archive, as a file whose table of contents is complete, or as a stream. */
  from: { file: string } | { stream: GrowingStream };
  /** More than one needs a complete file. */
  jobs?: number;
  /** Called with the name of a table when pg_restore begins with its rows. */
  onTable?: (name: string) => void;
}

/** Roles are not copied: the target keeps its own owners and privileges. */
export const restoreFlags: readonly string[] = ["--no-owner", "--no-privileges"];

/**
 * Restores a part.
 * @throws OpsError RESTORE_FAILED (target)
 */
export async function restorePart(
  { endpoint, programs, environment, database, directory }: RestoreTarget,
  { name, sections = [], entries, from, jobs = 1, onTable }: RestorePart,
  { printer, signal }: CommandContext,
): Promise<void> {
  const listFile = join(directory, `${name}.list`);
  await writeFile(listFile, listOf(entries), { mode: 0o600 });
  const args = [
    "--exit-on-error",
    ...restoreFlags,
    "--no-password",
    "--verbose",
    ...sections.map((section) => `--section=${section}`),
    ...(jobs === 1 ? [] : [`--jobs=${jobs}`]),
    `--use-list=${listFile}`,
    // As a connection string: pg_restore would take a bare name that contains `=` for one.
    `--dbname=dbname='${database.replaceAll(/[\\']/g, "\\$&")}'`,
    ...("file" in from ? [from.file] : []),
  ];
  // Kept separately: the output of the other jobs after an error would push the error out of the tail.
  const reported: string[] = [];
  const result = await runWatched(
    programs.pgRestore,
    args,
    {
      environment,
      signal,
      onStart: (line) => {
        printer.detail(`$ ${line}`);
      },
      onStderr: (line) => {
        const table = /^pg_restore: processing data for table "(.*)"$/.exec(line)?.[1];
        if (table !== undefined) onTable?.(table);
        if (!isProgress(line) && reported.length < 40) reported.push(line);
      },
    },
    { endpoint, side: "target" },
    "stream" in from ? { input: from.stream } : {},
  );
  if (result.exitCode !== 0) {
    throw restoreFailed({ database, system: endpoint.system, errors: programErrors(reported) });
  }
}

/** A line of `--verbose` that reports no problem. */
function isProgress(line: string): boolean {
  return /^pg_restore: (?!error: |warning: |detail: |hint: )/.test(line);
}
