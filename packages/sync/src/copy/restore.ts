/** Restores a dump into the staging database, in parallel. The first error ends the restore. */
import { writeFile } from "node:fs/promises";
import type { CommandContext } from "@pilot-light/core/cli/command";
import type { Environment } from "@pilot-light/core/config/env";
import type { ClientPrograms } from "@pilot-light/core/postgres/programs";
import { run } from "@pilot-light/core/process";
import { restoreFailed } from "../errors.ts";
import { programErrors } from "./dump.ts";

export interface RestoreRequest {
  programs: ClientPrograms;
  /** From `libpqEnvironment`, for the target's server. */
  environment: Environment;
  file: string;
  database: string;
  /** Where the list of entries may be written. */
  listFile: string;
  skippedExtensions: readonly string[];
  jobs: number;
}

/**
 * Leaves out the entries that cannot or must not be restored, so that the restore tolerates no error: a new database has the schema
 * `public` already; comments on extensions need the extension's owner; event triggers act on the whole database and need a
 * superuser.
 * @param list what `pg_restore --list` printed
 * @returns the list for `--use-list`: such entries commented out
 */
export function filterEntries(list: string, skippedExtensions: readonly string[]): string {
  const skipped = new Set(skippedExtensions);
  return list
    .split("\n")
    .map((line) => (isLeftOut(line, skipped) ? `;${line}` : line))
    .join("\n");
}

function isLeftOut(line: string, skippedExtensions: ReadonlySet<string>): boolean {
  // `215; 2615 2200 SCHEMA - public owner`: dump id, catalog OID, object OID, type, schema, name, owner.
  const [, oid, entry] = /^\d+; \d+ (\d+) (.*)$/.exec(line) ?? [];
  if (entry === undefined) return false;
  // Names may hold spaces, so `public` is recognized by its OID, or by an owner of one word where it was created again.
  if (entry.startsWith("SCHEMA - public") && (oid === publicOid || /^SCHEMA - public \S+$/.test(entry))) {
    return true;
  }
  if (
    /^(COMMENT - EXTENSION|COMMENT - SCHEMA public \S+$|EVENT TRIGGER|COMMENT - EVENT TRIGGER|DATABASE PROPERTIES)\b/.test(
      entry,
    )
  ) {
    return true;
  }
  const extension = /^EXTENSION - (\S+)/.exec(entry)?.[1];
  return extension !== undefined && skippedExtensions.has(extension);
}

/** OID of the schema `public` in every database that has not dropped it (`pg_namespace.dat`). */
const publicOid = "2200";

/**
 * Restores, and counts the tables whose rows are restored.
 * @throws OpsError RESTORE_FAILED (target)
 */
export async function restore(
  request: RestoreRequest,
  { printer, signal }: CommandContext,
  onTable: (done: number, all: number) => void,
): Promise<void> {
  const { programs, environment, file, database, listFile, jobs } = request;
  const onStart = (line: string) => printer.detail(`$ ${line}`);
  const list = await run(programs.pgRestore, ["--list", file], { environment, signal, onStart });
  if (list.exitCode !== 0) throw restoreFailed({ errors: programErrors(list.stderr) });
  const entries = filterEntries(list.stdout, request.skippedExtensions);
  await writeFile(listFile, entries, { mode: 0o600 });
  const all = entries.split("\n").filter((line) => /^\d+; \d+ \d+ TABLE DATA /.test(line)).length;
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
  // Kept apart: what the other jobs print after an error would push it out of the tail.
  const reported: string[] = [];
  const onStderr = (line: string) => {
    if (/: finished item \d+ TABLE DATA /.test(line)) onTable((done += 1), all);
    if (!isProgress(line) && reported.length < 40) reported.push(line);
  };
  const result = await run(programs.pgRestore, args, { environment, signal, onStart, onStderr });
  if (result.exitCode !== 0) throw restoreFailed({ errors: programErrors(reported) });
}

/** A line of `--verbose` that reports no problem. */
function isProgress(line: string): boolean {
  return /^pg_restore: (?!error: |warning: |detail: |hint: )/.test(line);
}
