/**
 * Lends the connection of a client to another client, such as pg_restore. The loan is in the client's queue like a statement: it begins when all
 * earlier statements have their answer, and later statements wait until it ends.
 */
import type { Duplex } from "node:stream";
import type pg from "pg";

type Listener = (bytes: Buffer) => void;

/** A place in the queue of a client's statements, during which another client has the connection. */
export class Loan implements pg.Submittable {
  readonly begun: Promise<Duplex>;
  readonly ended: Promise<void>;
  #begin: (wire: Duplex) => void = () => undefined;
  #end: () => void = () => undefined;
  #fail: (error: Error) => void = () => undefined;
  #connection: pg.Connection | undefined;
  #listeners: Listener[] = [];

  constructor() {
    const failed = new Promise<never>((_, reject) => (this.#fail = reject));
    this.begun = Promise.race([new Promise<Duplex>((resolve) => (this.#begin = resolve)), failed]);
    this.ended = Promise.race([new Promise<void>((resolve) => (this.#end = resolve)), failed]);
    // After one of these fails, nobody waits for the others.
    for (const each of [failed, this.begun, this.ended]) each.catch(() => undefined);
  }

  /** Called by the client when all earlier statements have their answer. */
  submit(connection: pg.Connection): void {
    this.#connection = connection;
    const { stream } = connection;
    this.#listeners = stream.listeners("data") as Listener[];
    stream.pause();
    stream.removeAllListeners("data");
    this.#begin(stream);
  }

  /** Gives the connection back. From the answer to its Sync message, the client learns that the server is ready. */
  end(): void {
    const { stream } = this.#connection ?? {};
    for (const listener of this.#listeners) stream?.on("data", listener);
    stream?.resume();
    this.#connection?.sync();
  }

  handleReadyForQuery(): void {
    this.#end();
  }

  handleError(error: Error): void {
    this.#fail(error);
  }
}
