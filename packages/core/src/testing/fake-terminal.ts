/** For tests: an output stream that keeps what is written to it. */
import { Writable } from "node:stream";
import type { WriteStream } from "node:tty";
import { stripVTControlCharacters } from "node:util";

export interface FakeTerminal {
  /** For `Printer`, as its stdout or stderr. */
  stream: WriteStream;
  /** Everything that was written so far, with control characters. */
  text: () => string;
  /** The lines without control characters; a line that is redrawn counts each time. */
  lines: () => string[];
}

/** A terminal of some columns, or with 0 a pipe. */
export function fakeTerminal({ columns = 0, rows = 40 } = {}): FakeTerminal {
  let written = "";
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written += chunk.toString();
      done();
    },
  });
  const stream = Object.assign(sink, { isTTY: columns > 0, columns, rows });
  return {
    // The tests use no other part of a terminal.
    stream: stream as unknown as WriteStream,
    text: () => written,
    lines: () => stripVTControlCharacters(written).split(/[\r\n]+/),
  };
}
