/**
 * Carries messages between programs and the connection of a session. It passes on all messages but those that must not reach the server, which it
 * answers itself: the start of a connection, and the statements with which the programs begin and end their own transactions (PostgreSQL
 * documentation, "Frontend/Backend Protocol").
 */
import type { Duplex } from "node:stream";
import { Frames, int32, message, Requests } from "./protocol-messages.ts";

/** The codes that a connection may begin with, in place of a version of the protocol. */
const startCodes = { ssl: 80_877_103, gss: 80_877_104, cancel: 80_877_102 };

/** What begins and ends the programs' own transactions. */
const ownTransaction =
  /^\s*(?:(begin|start transaction)|(commit)|(set transaction) isolation level [a-z ,]+)\s*;?\s*$/i;

/** Bytes. A longer statement neither begins nor ends a transaction. */
const longestOwn = 200;

/** One program at a time. */
export class Relay {
  readonly #wire: Duplex;
  readonly #parameters: readonly (readonly [string, string])[];
  readonly #rewrite: (statement: string) => string;
  readonly #answers = new Frames();
  #program: Duplex | undefined;
  /** Requests that the server has not completed. */
  #pending = 0;
  /** Called when the server has completed all requests. */
  #onIdle: (() => void) | undefined;
  /** The next answers belong to a statement of this class, and not to one of the program. */
  #isOwn = false;
  readonly #onAnswer = (bytes: Buffer) => this.#answer(bytes);
  /** Disconnects the program, which then reports that the connection was lost. */
  readonly #onClose = () => {
    this.#onIdle?.();
    this.#program?.destroy();
  };

  /** @param rewrite changes a short statement of the program before the server gets it */
  constructor(
    wire: Duplex,
    parameters: readonly (readonly [string, string])[],
    rewrite: (statement: string) => string = (statement) => statement,
  ) {
    this.#wire = wire;
    this.#parameters = parameters;
    this.#rewrite = rewrite;
    wire.on("data", this.#onAnswer).once("close", this.#onClose);
    wire.resume();
  }

  /** Serves a program until it disconnects. */
  async serve(program: Duplex): Promise<void> {
    program.on("error", () => undefined);
    if (this.#program !== undefined) {
      program.destroy();
      return;
    }
    this.#program = program;
    try {
      const requests = new Requests(program);
      if (!(await this.#start(program, requests))) return;
      for (;;) {
        const frame = await requests.next();
        if (frame === undefined) return;
        const { type, head, rest } = frame;
        if (type === "X") return;
        if (type === "Q" && rest <= longestOwn) {
          const body = await requests.take(rest);
          if (body === undefined) return;
          const own = ownTransaction.exec(body.subarray(0, -1).toString("latin1"));
          if (own === null) await this.#send(this.#rewritten(head, body), 1);
          else program.write(Buffer.concat([message("C", `${tagOf(own)}\0`), message("Z", "T")]));
          continue;
        }
        await this.#send(head, type === "Q" || type === "F" || type === "S" ? 1 : 0);
        for (let left = rest; left > 0;) {
          const part = await requests.some(left);
          if (part === undefined) return;
          left -= part.length;
          await this.#send(part, 0);
        }
      }
    } finally {
      this.#program = undefined;
      program.destroy();
    }
  }

  /** @throws if a program has left the connection in the middle of something */
  assertIdle(): void {
    if (this.#pending > 0 || !this.#answers.isBetween) {
      throw new Error("A program ended before the server had answered it.");
    }
  }

  close(): void {
    this.#program?.destroy();
    this.#wire.pause();
    this.#wire.off("data", this.#onAnswer).off("close", this.#onClose);
  }

  /** Answers the start of a connection. */
  async #start(program: Duplex, requests: Requests): Promise<boolean> {
    for (;;) {
      const head = await requests.take(8);
      if (head === undefined) return false;
      const code = head.readInt32BE(4);
      if (code === startCodes.cancel) return false;
      if (code === startCodes.ssl || code === startCodes.gss) {
        program.write("N");
        continue;
      }
      const body = await requests.take(head.readInt32BE(0) - 8);
      if (body === undefined) return false;
      const words = body.toString("utf8").split("\0");
      const name = words[words.indexOf("application_name") + 1] ?? "pilot-light";
      await this.#run(`set application_name = '${name.replaceAll(/['\\]/g, "")}'`);
      program.write(
        Buffer.concat([
          message("R", int32(0)),
          ...this.#parameters.map(([key, value]) => message("S", `${key}\0${value}\0`)),
          message("K", Buffer.concat([int32(0), int32(0)])),
          message("Z", "T"),
        ]),
      );
      return true;
    }
  }

  /** A short statement as the server gets it. If nothing changes it, its bytes stay the same in any encoding. */
  #rewritten(head: Buffer, body: Buffer): Buffer {
    const text = body.toString("utf8");
    const sent = this.#rewrite(text);
    return sent === text ? Buffer.concat([head, body]) : message("Q", sent);
  }

  /** Runs a statement whose answer no program gets. */
  async #run(sql: string): Promise<void> {
    this.#isOwn = true;
    const idle = new Promise<void>((resolve) => (this.#onIdle = resolve));
    await this.#send(message("Q", `${sql}\0`), 1);
    await idle;
    this.#isOwn = false;
  }

  async #send(bytes: Buffer, requests: number): Promise<void> {
    this.#pending += requests;
    if (this.#wire.destroyed || this.#wire.write(bytes)) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#wire.off("drain", done).off("close", done);
        resolve();
      };
      this.#wire.on("drain", done).on("close", done);
    });
  }

  #answer(bytes: Buffer): void {
    this.#pending -= this.#answers.read(bytes, "Z");
    const program = this.#program;
    if (!this.#isOwn && program !== undefined && !program.write(bytes)) {
      this.#wire.pause();
      program.once("drain", () => this.#wire.resume());
    }
    if (this.#pending === 0) {
      const onIdle = this.#onIdle;
      this.#onIdle = undefined;
      onIdle?.();
    }
  }
}

function tagOf([, begins, commits]: RegExpExecArray): string {
  return begins !== undefined ? "BEGIN" : commits !== undefined ? "COMMIT" : "SET";
}
