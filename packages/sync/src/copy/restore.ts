/** Restores parts of a dump into the staging database, or in place into the target. The first error ends a part. */
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
  /** The server to probe while pg_restore makes no progress. */
  endpoint: Endpoint;
  programs: ClientPrograms;
  /** From `libpqEnvironment`, for the target's server. */
  environment: Environment;
  /** The staging database. */
  database: string;
  /** Directory for the lists of entries. */
  directory: string;
}

/** What one run of pg_restore restores. */
export interface RestorePart {
  /** Names the file with the list of entries. */
  name: string;
  /** Default: all. */
  sections?: readonly Section[];
  /** In the order of the dump. Entries of other sections are ignored. */
  entries: readonly ArchiveEntry[];
  /** The dump, as a file whose table of contents is complete, or as a stream. */
  from: { file: string } | { stream: GrowingStream };
  /** Parallel jobs of pg_restore. More than one job needs a complete file. Default: 1. */
  jobs?: number;
  /** Called with the name of a table when pg_restore begins to load its rows. */
  onTable?: (name: string) => void;
}

/** A sync does not copy roles: the target keeps its own owners and privileges. */
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
    // A connection string, because pg_restore would read a bare name that contains `=` as a connection string.
    `--dbname=dbname='${database.replaceAll(/[\\']/g, "\\$&")}'`,
    ...("file" in from ? [from.file] : []),
  ];
  // After an error, the other jobs still print. Their lines would push the error out of the end of the output, so it is kept here.
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
