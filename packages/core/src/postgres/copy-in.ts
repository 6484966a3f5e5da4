/** Sends rows to a COPY FROM STDIN. It is in the client's queue like a statement (PostgreSQL documentation, "COPY Operations"). */
import type { Duplex } from "node:stream";
import type pg from "pg";
import { drained } from "./drained.ts";
import { head, message } from "./protocol-messages.ts";

/** A COPY FROM STDIN of a client, which sends and receives nothing else meanwhile. */
export class CopyIn implements pg.Submittable {
  /** The server waits for rows. */
  readonly begun: Promise<void>;
  /** The server has written all rows. */
  readonly ended: Promise<void>;
  readonly #sql: string;
  #begin: () => void = () => undefined;
  #end: () => void = () => undefined;
  #fail: (error: Error) => void = () => undefined;
  #stream: Duplex | undefined;
  #draining: Promise<void> | undefined;
  #sent = 0;

  constructor(sql: string) {
    this.#sql = sql;
    const failed = new Promise<never>((_, reject) => (this.#fail = reject));
    this.begun = Promise.race([new Promise<void>((resolve) => (this.#begin = resolve)), failed]);
    this.ended = Promise.race([new Promise<void>((resolve) => (this.#end = resolve)), failed]);
    // After one of these fails, nobody may wait for the others.
    for (const each of [failed, this.begun, this.ended]) each.catch(() => undefined);
  }

  /** Whether the line carries fewer bytes than were sent: wait with `drained`. */
  get isFull(): boolean {
    return this.#stream?.writableNeedDrain === true;
  }

  /** Bytes that have left this process. */
  get bytes(): number {
    return this.#sent - this.#waiting;
  }

  /** Whether bytes wait for the line. If none do, the server waits for this process. */
  get isSending(): boolean {
    return this.#waiting > 0;
  }

  /** Sends bytes of rows in the text format. Rows may be divided anywhere. */
  send(bytes: Buffer): void {
    this.#sent += bytes.length;
    const stream = this.#stream;
    stream?.cork();
    stream?.write(head("d", bytes.length));
    stream?.write(bytes);
    stream?.uncork();
  }

  /** Resolves when the line takes more bytes, or the connection has ended. */
  drained(): Promise<void> {
    const stream = this.#stream;
    if (stream === undefined || !this.isFull) return Promise.resolve();
    this.#draining ??= drained(stream).finally(() => (this.#draining = undefined));
    return this.#draining;
  }

  /** Called when all rows are sent. */
  finish(): void {
    this.#stream?.write(message("c", ""));
  }

  /** Called by the client when all earlier statements have their answer. */
  submit(connection: pg.Connection): void {
    this.#stream = connection.stream;
    connection.query(this.#sql);
  }

  handleCopyInResponse(): void {
    this.#begin();
  }

  handleCommandComplete(): void {
    // `handleReadyForQuery` follows.
  }

  handleReadyForQuery(): void {
    this.#end();
  }

  handleError(error: Error): void {
    this.#fail(error);
  }

  get #waiting(): number {
    return this.#stream?.writableLength ?? 0;
  }
}
