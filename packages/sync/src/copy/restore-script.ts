/**
 * Restores objects with few round trips: pg_restore writes the statements to a file, and a session sends many of them at once. pg_restore
 * itself waits for the answer to each statement. On a slow line, these waits take longer than the statements.
 */
import { isUtf8 } from "node:buffer";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CommandContext } from "@pilot-light/core/cli/command";
import type { ArchiveEntry } from "@pilot-light/core/inventory/archive";
import { messageOf } from "@pilot-light/core/ops-error";
import type { Session } from "@pilot-light/core/postgres/session";
import { run } from "@pilot-light/core/process";
import { needsOperators, withSearchPath } from "./operator-path.ts";
import { listOf } from "./restore-list.ts";
import { restoreFlags, restorePart, type RestorePart, type RestoreTarget } from "./restore.ts";

/** Entries of one transaction. A server has room for the locks of some thousand objects (`max_locks_per_transaction`). */
const entriesAtOnce = 500;

/** What is restored: objects of a dump whose table of contents is complete. */
export interface ScriptPart {
  name: string;
  section: "pre-data" | "post-data";
  /** In the order of the dump. Entries of other sections are ignored. */
  entries: readonly ArchiveEntry[];
  file: string;
  /** From `operatorPath`, for entries that need it. */
  operators: string | undefined;
}

/**
 * Restores the objects of a section, piece by piece. A piece takes effect completely or not at all. If a piece fails, pg_restore runs it again
 * statement by statement, and reports what is wrong with it.
 * @param session in the staging database, for nothing else: it keeps the settings of the script
 * @throws OpsError RESTORE_FAILED (target)
 */
export async function restoreObjects(
  session: Session,
  target: RestoreTarget,
  { name, section, entries, file, operators }: ScriptPart,
  context: CommandContext,
): Promise<void> {
  const wanted = entries.filter((entry) => entry.section === section);
  for (let start = 0; start < wanted.length; start += entriesAtOnce) {
    const piece = {
      name: `${name}-${start}`,
      entries: wanted.slice(start, start + entriesAtOnce),
      from: { file },
    };
    const written = await writeScript(target, piece, context);
    const isBound = written !== undefined && operators !== undefined && piece.entries.some(needsOperators);
    const script = isBound ? withSearchPath(written, operators) : written;
    if (script !== undefined && (await takesEffect(session, script, context))) continue;
    await restorePart(target, piece, context);
  }
}

/** Whether the server has run the script. If not, it has undone all of it. */
async function takesEffect(
  session: Session,
  script: string,
  { printer, signal }: CommandContext,
): Promise<boolean> {
  try {
    await session.script(script);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    printer.detail(`pg_restore repeats these statements one by one: ${messageOf(error)}`);
    return false;
  }
}

/** The statements of a piece; undefined if only pg_restore itself can restore it. */
async function writeScript(
  { programs, environment, directory }: RestoreTarget,
  { name, entries, from }: RestorePart & { from: { file: string } },
  { printer, signal }: CommandContext,
): Promise<string | undefined> {
  const listFile = join(directory, `${name}.list`);
  const scriptFile = join(directory, `${name}.sql`);
  await writeFile(listFile, listOf(entries), { mode: 0o600 });
  const args = [...restoreFlags, `--use-list=${listFile}`, `--file=${scriptFile}`, from.file];
  const onStart = (line: string) => printer.detail(`$ ${line}`);
  const { exitCode } = await run(programs.pgRestore, args, { environment, signal, onStart });
  return exitCode === 0 ? toStatements(await readFile(scriptFile)) : undefined;
}

/**
 * The script of pg_restore as a server understands it, without the lines for psql at its beginning and end (CVE-2025-8714).
 * @returns undefined for a script that a session cannot send as it is: in another encoding, with bytes that are not UTF-8, or with literals
 *   in which backslashes are escapes
 */
export function toStatements(script: Buffer): string | undefined {
  if (!isUtf8(script)) return undefined;
  const text = script.toString("utf8");
  // The first line of this form belongs to the header.
  if (/^SET client_encoding = '(.*)';$/m.exec(text)?.[1] !== "UTF8") return undefined;
  // The server parses the complete script with the setting of the session, before the script changes the setting.
  if (/^SET standard_conforming_strings = (.*);$/m.exec(text)?.[1] !== "on") return undefined;
  const opening = /^((?:--.*\n|\n)*)\\restrict (\w+)\n/.exec(text);
  if (opening === null) return text;
  const [{ length }, comments, token] = opening as unknown as [string, string, string];
  const end = text.lastIndexOf(`\n\\unrestrict ${token}\n`);
  return `${comments}${text.slice(length, end === -1 ? undefined : end)}\n`;
}
