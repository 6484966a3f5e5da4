/**
 * Carries messages between programs and the connection of a session. It passes on all messages, except the start of a connection and what its
 * `Statements` answer (PostgreSQL documentation, "Frontend/Backend Protocol").
 */
import type { Duplex } from "node:stream";
import { drained } from "./drained.ts";
import { Frames, int32, message, Requests } from "./protocol-messages.ts";

/** The codes that a connection may begin with, in place of a version of the protocol. */
const startCodes = { ssl: 80_877_103, gss: 80_877_104, cancel: 80_877_102 };

/** The answer to a statement. It keeps what arrives until it is given to somebody. */
export class Answer {
  /** Bytes that have arrived. */
  bytes = 0;
  isComplete = false;
  #kept: Buffer[] = [];
  #to: ((part: Buffer) => void) | undefined;

  /** An answer without the server. */
  static of(...messages: readonly Buffer[]): Answer {
    const answer = new Answer();
    answer.add(Buffer.concat(messages));
    answer.isComplete = true;
    return answer;
  }

  add(part: Buffer): void {
    this.bytes += part.length;
    if (this.#to === undefined) this.#kept.push(part);
    else this.#to(part);
  }

  /** Passes on what has arrived, and from then on each part that arrives. */
  give(to: (part: Buffer) => void): this {
    for (const part of this.#kept) to(part);
    this.#kept = [];
    this.#to = to;
    return this;
  }
}

/** Sends a statement, the contents of its message, to the server. */
export type Ask = (statement: Buffer) => Answer;

/** Decides what becomes of the statements of a program. A statement is the contents of its message. */
export interface Statements {
  /** Bytes. A longer statement goes to the server as it is. */
  longest: number;
  /** The status with which the program begins: I outside of a transaction, T inside of one. */
  status: "I" | "T";
  /** Called when a program connects. May ask the server before the program does. */
  begin?: (ask: Ask) => void;
  answer: (statement: Buffer, ask: Ask) => Answer;
}

/** What begins and ends the programs' own transactions. */
const ownTransaction =
  /^\s*(?:(begin|start transaction)|(commit)|(set transaction) isolation level [a-z ,]+)\s*;?\s*$/i;

/**
 * Statements in the open transaction of a session: those with which a program begins and ends its own transaction do not reach the server.
 * @param rewrite changes a short statement before the server gets it
 */
export function inTransaction(rewrite = (statement: string) => statement): Statements {
  return {
    // A longer statement neither begins nor ends a transaction.
    longest: 200,
    status: "T",
    answer: (statement, ask) => {
      const own = ownTransaction.exec(statement.subarray(0, -1).toString("latin1"));
      if (own !== null) return Answer.of(message("C", `${tagOf(own)}\0`), message("Z", "T"));
      const text = statement.toString("utf8");
      const sent = rewrite(text);
      // If nothing changes it, its bytes stay the same in any encoding.
      return ask(sent === text ? statement : Buffer.from(sent));
    },
  };
}

function tagOf([, begins, commits]: RegExpExecArray): string {
  return begins !== undefined ? "BEGIN" : commits !== undefined ? "COMMIT" : "SET";
}

/** One program at a time. */
export class Relay {
  readonly #wire: Duplex;
  readonly #parameters: readonly (readonly [string, string])[];
  readonly #statements: Statements;
  readonly #frames = new Frames();
  #program: Duplex | undefined;
  /** Answers that the server has not completed, in its order. */
  readonly #pending: Answer[] = [];
  readonly #onAnswer = (bytes: Buffer) => this.#receive(bytes);
  /** Disconnects the program, which then reports that the connection was lost. */
  readonly #onClose = () => this.#program?.destroy();

  constructor(
    wire: Duplex,
    parameters: readonly (readonly [string, string])[],
    statements: Statements = inTransaction(),
  ) {
    this.#wire = wire;
    this.#parameters = parameters;
    this.#statements = statements;
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
    const give = (part: Buffer) => this.#give(part, program);
    try {
      const requests = new Requests(program);
      if (!(await this.#start(program, requests))) return;
      for (;;) {
        const frame = await requests.next();
        if (frame === undefined) return;
        const { type, head, rest } = frame;
        if (type === "X") return;
        if (type === "Q" && rest <= this.#statements.longest) {
          const body = await requests.take(rest);
          if (body === undefined) return;
          this.#statements.answer(body, this.#ask).give(give);
          await drained(this.#wire);
          continue;
        }
        if (type === "Q" || type === "F" || type === "S") {
          this.#pending.push(new Answer().give(give));
        }
        await this.#send(head);
        for (let left = rest; left > 0;) {
          const part = await requests.some(left);
          if (part === undefined) return;
          left -= part.length;
          await this.#send(part);
        }
      }
    } finally {
      this.#program = undefined;
      program.destroy();
    }
  }

  /** @throws if a program has left the connection in the middle of something */
  assertIdle(): void {
    if (this.#pending.length > 0 || !this.#frames.isBetween) {
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
      this.#wire.cork();
      // No program gets this answer.
      this.#ask(Buffer.from(`set application_name = '${name.replaceAll(/['\\]/g, "")}'\0`)).give(
        () => undefined,
      );
      this.#statements.begin?.(this.#ask);
      this.#wire.uncork();
      program.write(
        Buffer.concat([
          message("R", int32(0)),
          ...this.#parameters.map(([key, value]) => message("S", `${key}\0${value}\0`)),
          message("K", Buffer.concat([int32(0), int32(0)])),
          message("Z", this.#statements.status),
        ]),
      );
      return true;
    }
  }

  readonly #ask: Ask = (statement) => {
    const answer = new Answer();
    this.#pending.push(answer);
    if (!this.#wire.destroyed) this.#wire.write(message("Q", statement));
    return answer;
  };

  async #send(bytes: Buffer): Promise<void> {
    if (!this.#wire.destroyed) this.#wire.write(bytes);
    await drained(this.#wire);
  }

  #give(part: Buffer, program: Duplex): void {
    if (program !== this.#program || program.write(part)) return;
    this.#wire.pause();
    program.once("drain", () => this.#wire.resume());
  }

  #receive(bytes: Buffer): void {
    let start = 0;
    for (const end of this.#frames.ends(bytes, "Z")) {
      this.#pass(bytes.subarray(start, end));
      const answer = this.#pending.shift();
      if (answer !== undefined) answer.isComplete = true;
      start = end;
    }
    if (start < bytes.length) this.#pass(bytes.subarray(start));
  }

  /** Messages that belong to no statement, such as the notice of a server that shuts down, go to the program. */
  #pass(part: Buffer): void {
    const [answer] = this.#pending;
    if (answer !== undefined) answer.add(part);
    else if (this.#program !== undefined) this.#give(part, this.#program);
  }
}
