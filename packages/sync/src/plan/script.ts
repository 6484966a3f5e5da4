/** The script of `--after-restore`: a file of SQL statements, read once and checked by the server before anything is written. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { messageOf } from "@pilot-light/core/ops-error";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import type { Session } from "@pilot-light/core/postgres/session";
import { sqlStateOf } from "@pilot-light/core/postgres/sql-state";
import type { ScriptName } from "../read/copy-mark.ts";
import { guard } from "../target/transaction.ts";
import { scriptEndsTransaction, scriptFailed, scriptToNeon, scriptUnreadable } from "./script-errors.ts";

/** A script, as it was read before the sync began: later changes to the file have no effect. */
export interface Script extends ScriptName {
  text: string;
}

/**
 * Reads a script.
 * @param path as the person gave it
 * @throws OpsError SCRIPT_TO_NEON (precondition), SCRIPT_UNREADABLE (configuration)
 */
export async function readScript(path: string, target: DatabaseSystem): Promise<Script> {
  if (target === "neon") throw scriptToNeon({ file: path });
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw scriptUnreadable({ file: path, reason: messageOf(cause) }, { cause });
  });
  const text = decode(bytes);
  if (text === undefined) throw scriptUnreadable({ file: path, reason: "it is not text in UTF-8" });
  if (text.trim() === "") throw scriptUnreadable({ file: path, reason: "it is empty" });
  return { file: basename(path), sha256: createHash("sha256").update(bytes).digest("hex"), text };
}

/** The text without a byte order mark; undefined if it is not UTF-8, or has a zero byte, at which the server would stop reading. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}

/** A statement that fails. The server parses the complete text, runs this statement first, and then stops. */
const stop = "select 1 / 0;";
const divisionByZero = "22012";
const readOnlyTransaction = "25006";

/**
 * Lets the server parse a script. Runs none of it.
 * @throws OpsError SCRIPT_FAILED (target)
 */
export async function checkScript(session: Session, script: Script): Promise<void> {
  try {
    await session.script(`${stop}\n${script.text}`);
  } catch (error) {
    if (sqlStateOf(error) === divisionByZero) return;
    throw scriptError(error, script, { skipped: stop.length + 1 });
  }
}

/** Where a script failed. */
interface Failure {
  /** Number of characters before the script. */
  skipped?: number;
  /** The number of the statement, from 1. */
  statement?: number;
}

/** Turns an error of the server into the error of a script. An error without an answer of the server is returned unchanged. */
export function scriptError(error: unknown, { file, text }: Script, { skipped = 0, statement }: Failure) {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const state = sqlStateOf(error);
  if (state === undefined) return error;
  const { position, where, constraint } = cause as Partial<
    Record<"position" | "where" | "constraint", string>
  >;
  // The guard of the in-place method: a COMMIT fails, and after a ROLLBACK the session only reads.
  const isEnded = constraint === guard || state === readOnlyTransaction;
  if (isEnded) return scriptEndsTransaction({ file }, { cause });
  const offset = Number(position) - 1 - skipped;
  // The server counts characters. JavaScript counts UTF-16 units.
  const before = Number.isNaN(offset) || offset < 0 ? undefined : Array.from(text).slice(0, offset).join("");
  const at = before === undefined ? "" : text.slice(before.length);
  return scriptFailed(
    {
      file,
      line: before === undefined ? undefined : before.split("\n").length,
      statement,
      reason: `${messageOf(cause)} (SQLSTATE ${state})`,
      isMeta: at.startsWith("\\"),
      where: where?.split("\n")[0],
    },
    { cause },
  );
}
