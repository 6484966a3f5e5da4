/**
 * Loads the rows of one table with several COPY statements at once. pg_restore loads a table with one, which keeps one core of the server busy
 * and leaves the others idle. So pg_restore writes the rows to a pipe, and this module distributes them among sessions.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { GrowingStream } from "@pilot-light/core/async/growing-file";
import type { CommandContext } from "@pilot-light/core/cli/command";
import type { ArchiveEntry } from "@pilot-light/core/inventory/archive";
import type { CopyIn } from "@pilot-light/core/postgres/copy-in";
import type { Session } from "@pilot-light/core/postgres/session";
import { run } from "@pilot-light/core/process";
import { programErrors } from "./dump.ts";
import { listOf } from "./restore-list.ts";
import { toStatements } from "./restore-script.ts";
import { restoreFlags, type RestoreTarget } from "./restore.ts";

/** The rows of one table in a dump. */
export interface TableRows {
  entry: ArchiveEntry;
  stream: GrowingStream;
}

/**
 * Loads the rows with one COPY in each session.
 * @param sessions in the database that gets the rows. They are closed if this fails, and some of the rows may be in the table then
 * @throws Error, or OpsError as `Session.copyIn` does
 */
export async function copyRows(
  { entry, stream }: TableRows,
  sessions: readonly Session[],
  { programs, environment, directory }: RestoreTarget,
  { printer, signal: interruption }: CommandContext,
): Promise<void> {
  // The first failure ends the others: pg_restore and a COPY would wait for rows.
  const failing = new AbortController();
  const signal = AbortSignal.any([interruption, failing.signal]);
  const fail = (error: unknown) => failing.abort(error);
  const listFile = join(directory, `rows-${entry.id}.list`);
  await writeFile(listFile, listOf([entry]), { mode: 0o600 });
  const args = [...restoreFlags, `--use-list=${listFile}`, "--section=data", "--file=-"];
  const { exitCode, stderr } = await run(programs.pgRestore, args, {
    environment,
    signal,
    input: stream.stream,
    onStart: (line) => {
      printer.detail(`$ ${line}`);
    },
    onStdout: async (script) => {
      await sendScript(script, entry.copy, sessions, { signal, fail });
    },
  });
  if (exitCode !== 0) throw new Error(programErrors(stderr).join("\n"));
}

/** Runs the script of pg_restore that loads one table: settings, a COPY statement, rows, and a line that ends them. */
async function sendScript(
  script: Readable,
  copy: string,
  sessions: readonly Session[],
  { signal, fail }: { signal: AbortSignal; fail: (error: unknown) => void },
): Promise<void> {
  const chunks = script[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const { settings, rows } = await readHead(chunks, copy);
  await Promise.all(sessions.map((session) => session.script(settings)));
  const parts = new Distribution(sessions.length, signal);
  const work = [
    ...sessions.map((session) => session.copyIn(copy, (part) => parts.take(part))),
    sendRows(rows, chunks, parts),
  ];
  for (const each of work) each.catch(fail);
  await Promise.all(work);
}

/** Reads up to the rows. */
async function readHead(
  chunks: AsyncIterator<Buffer>,
  copy: string,
): Promise<{ settings: string; rows: Buffer }> {
  let head = Buffer.alloc(0);
  for (;;) {
    const at = head.indexOf(`\n${copy}`);
    if (at !== -1) {
      const settings = toStatements(head.subarray(0, at + 1));
      if (settings === undefined) throw new Error("The rows are in an encoding that is not UTF-8.");
      return { settings, rows: head.subarray(at + 1 + Buffer.byteLength(copy)) };
    }
    const next = await chunks.next();
    if (next.done === true) throw new Error("pg_restore wrote no COPY statement.");
    head = Buffer.concat([head, next.value]);
  }
}

/** Bytes at the end of the script that hold more than what follows the rows. */
const tailBytes = 4096;
/** Bytes of a chunk of a pipe that is not empty, and the milliseconds in which a slow line carries less than a pipe holds. */
const fullChunk = 32_768;
const pauseMs = 2;
const endOfRows = "\\.\n";

/** Sends the rows, up to the line that ends them: it is in the last bytes of the script. */
async function sendRows(first: Buffer, chunks: AsyncIterator<Buffer>, parts: Distribution): Promise<void> {
  let kept = first;
  const sent = async (bytes: Buffer, rest: Buffer) => {
    await parts.send(bytes);
    return rest;
  };
  for (;;) {
    const next = await chunks.next();
    if (next.done === true) break;
    const isSmall = next.value.length < tailBytes;
    kept = isSmall ? Buffer.concat([kept, next.value]) : await sent(kept, next.value);
    if (isSmall && kept.length > fullChunk) {
      kept = await sent(kept.subarray(0, -tailBytes), kept.subarray(-tailBytes));
    }
    // pg_restore writes a few thousand bytes at a time. A pause fills the pipe.
    if (next.value.length < fullChunk) await sleep(pauseMs);
  }
  const end = kept.lastIndexOf(endOfRows);
  if (end === -1) throw new Error("pg_restore did not end the rows.");
  await parts.send(kept.subarray(0, end));
  parts.finish();
}

const newline = 10;

/** Distributes rows among COPY statements, about the same number of bytes to each. A row goes to one of them completely. */
class Distribution {
  readonly #expected: number;
  readonly #signal: AbortSignal;
  readonly #parts: CopyIn[] = [];
  #current: CopyIn | undefined;
  #complete: () => void = () => undefined;
  #start: () => void = () => undefined;
  readonly #completed = new Promise<void>((resolve) => (this.#complete = resolve));
  readonly #started = new Promise<void>((resolve) => (this.#start = resolve));

  constructor(expected: number, signal: AbortSignal) {
    this.#expected = expected;
    this.#signal = signal;
  }

  /** Gives rows to a COPY until all are sent. */
  async take(part: CopyIn): Promise<void> {
    this.#parts.push(part);
    if (this.#parts.length === this.#expected) this.#start();
    await abortable(this.#completed, this.#signal);
  }

  finish(): void {
    this.#complete();
  }

  async send(bytes: Buffer): Promise<void> {
    await abortable(this.#started, this.#signal);
    const end = bytes.lastIndexOf(newline) + 1;
    if (end > 0) {
      (await this.#ready()).send(bytes.subarray(0, end));
      this.#current = undefined;
    }
    if (end < bytes.length) (await this.#ready()).send(bytes.subarray(end));
  }

  /** The COPY that has the beginning of a row; otherwise, of those that take bytes at once, the one that has the least. */
  async #ready(): Promise<CopyIn> {
    const candidates = this.#current === undefined ? this.#parts : [this.#current];
    if (candidates.every(({ isFull }) => isFull)) {
      await Promise.race(candidates.map((part) => part.drained()));
    }
    // A COPY that has failed takes everything.
    this.#signal.throwIfAborted();
    const [least] = candidates.filter(({ isFull }) => !isFull).toSorted((a, b) => a.bytes - b.bytes);
    if (least === undefined) throw new Error("No COPY takes rows.");
    return (this.#current = least);
  }
}

/** Waits for `work`, or throws the reason of the signal. */
async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
