/**
 * Messages between a client and a server: their parts, and the two ways in which they are read (PostgreSQL documentation, "Message Formats").
 * A message is its type, one byte; its length without the type, four bytes; and its contents.
 */
import type { Readable } from "node:stream";

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** What precedes contents of this length. */
export function head(type: string, length: number): Buffer {
  return Buffer.concat([Buffer.from(type), int32(length + 4)]);
}

/** A message of the protocol: its type, its length, its contents. */
export function message(type: string, contents: string | Buffer): Buffer {
  const body = typeof contents === "string" ? Buffer.from(contents) : contents;
  return Buffer.concat([head(type, body.length), body]);
}

/** Bytes of the type and the length of a message. */
const headBytes = 5;

/** Follows a stream of messages without keeping them. */
export class Frames {
  /** Type and length of the present message, as far as they have arrived. */
  #head = Buffer.alloc(0);
  #left = 0;

  /** Whether the stream is between two messages. */
  get isBetween(): boolean {
    return this.#head.length === 0;
  }

  /** @returns the positions in these bytes at which messages of a type end */
  ends(bytes: Buffer, type: string): number[] {
    const found: number[] = [];
    for (let at = 0; at < bytes.length;) {
      if (this.#head.length < headBytes) {
        const taken = bytes.subarray(at, at + headBytes - this.#head.length);
        this.#head = Buffer.concat([this.#head, taken]);
        at += taken.length;
        if (this.#head.length < headBytes) break;
        this.#left = this.#head.readInt32BE(1) - 4;
      } else {
        const skipped = Math.min(this.#left, bytes.length - at);
        this.#left -= skipped;
        at += skipped;
      }
      if (this.#left > 0) continue;
      if (this.#head.toString("latin1", 0, 1) === type) found.push(at);
      this.#head = Buffer.alloc(0);
    }
    return found;
  }
}

/** The messages of a program. */
export class Requests {
  readonly #program: Readable;

  constructor(program: Readable) {
    this.#program = program;
  }

  /** Type and length of the next message; undefined at the end. */
  async next(): Promise<{ type: string; head: Buffer; rest: number } | undefined> {
    const head = await this.take(headBytes);
    if (head === undefined) return undefined;
    return { type: head.toString("latin1", 0, 1), head, rest: head.readInt32BE(1) - 4 };
  }

  /** This number of bytes; undefined if the program ends before it has sent them. */
  async take(bytes: number): Promise<Buffer | undefined> {
    if (bytes === 0) return Buffer.alloc(0);
    const parts: Buffer[] = [];
    for (let left = bytes; left > 0;) {
      const part = await this.some(left);
      if (part === undefined) return undefined;
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  }

  /** At least one byte, and at most this number; undefined at the end. */
  async some(most: number): Promise<Buffer | undefined> {
    for (;;) {
      const available = Math.min(most, this.#program.readableLength);
      const part = (available > 0 ? this.#program.read(available) : this.#program.read()) as Buffer | null;
      if (part !== null) {
        if (part.length <= most) return part;
        this.#program.unshift(part.subarray(most));
        return part.subarray(0, most);
      }
      if (this.#program.readableEnded || this.#program.destroyed) return undefined;
      await this.#more();
    }
  }

  async #more(): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = () => {
        for (const event of ["readable", "end", "close"]) this.#program.off(event, done);
        resolve();
      };
      for (const event of ["readable", "end", "close"]) this.#program.on(event, done);
    });
  }
}
