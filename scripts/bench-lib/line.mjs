/**
 * A slow line: TCP proxies that delay each byte by half of a round trip, and limit the bytes a second of each direction over all
 * connections of all proxies, as one line between this machine and its servers does.
 */
import { connect, createServer } from "node:net";
import { ScriptError } from "../run.mjs";

/** @typedef {{ text: string, roundTripMs: number, bytesPerMs: number }} Line */

/** Bytes in transit on a connection, after which its sender has to wait: as many as a line of 100 MB/s and 10 ms holds. */
const windowBytes = 1_000_000;

/**
 * @param {string} text such as "30ms,20MB/s"
 * @returns {Line}
 */
export function parseLine(text) {
  const match = /^(\d+(?:\.\d+)?)ms,(\d+(?:\.\d+)?)MB\/s$/.exec(text);
  const [roundTripMs, megabytes] = [Number(match?.[1]), Number(match?.[2])];
  if (!(megabytes > 0)) throw new ScriptError(`--line ${text}: write it as 30ms,20MB/s.`);
  return { text, roundTripMs, bytesPerMs: megabytes * 1000 };
}

/**
 * Starts the line, with a proxy for each port of this machine.
 * @param {Line} line
 */
export function startLine(line) {
  const up = direction(line);
  const down = direction(line);
  /** @type {(import("node:net").Server | import("node:net").Socket)[]} */
  const open = [];
  return {
    /**
     * A proxy for a port; returns its own port.
     * @param {number} target
     * @returns {Promise<number>}
     */
    async proxy(target) {
      const server = createServer({ allowHalfOpen: true }, (near) => {
        const far = connect({ port: target, host: "127.0.0.1", allowHalfOpen: true });
        open.push(near, far);
        // A connection takes a round trip as well. This proxy accepts it at once, so the first bytes wait for that time.
        pump(near, far, up, line.roundTripMs);
        pump(far, near, down, 0);
      });
      open.push(server);
      await new Promise((resolve, reject) => {
        server.once("error", reject).listen(0, "127.0.0.1", () => resolve(undefined));
      });
      const address = server.address();
      if (address === null || typeof address === "string") throw new Error("The proxy has no port.");
      return address.port;
    },
    close() {
      for (const one of open) {
        if ("destroy" in one) one.destroy();
        else one.close();
      }
    },
  };
}

/** @typedef {ReturnType<typeof direction>} Direction */

/**
 * One direction of the line, which all connections share.
 * @param {Line} line
 */
function direction({ roundTripMs, bytesPerMs }) {
  let free = 0;
  return {
    /** When the last of these bytes arrives. @param {number} bytes */
    arrival(bytes) {
      free = Math.max(free, performance.now()) + bytes / bytesPerMs;
      return free + roundTripMs / 2;
    },
  };
}

/**
 * Sends the bytes that `from` receives to `to`, after they have crossed the line.
 * @param {import("node:net").Socket} from
 * @param {import("node:net").Socket} to
 * @param {Direction} line
 * @param {number} headStart milliseconds that the first bytes wait in addition
 */
function pump(from, to, line, headStart) {
  const opened = performance.now() + headStart;
  /** Undefined: the end of the stream. @type {{ at: number, bytes: Buffer | undefined }[]} */
  const queue = [];
  let onLine = 0;
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const deliver = () => {
    timer = undefined;
    for (let next = queue[0]; next !== undefined && next.at <= performance.now() + 0.5; next = queue[0]) {
      queue.shift();
      if (next.bytes === undefined) to.end();
      else {
        onLine -= next.bytes.length;
        if (!to.write(next.bytes)) to.once("drain", schedule);
      }
    }
    if (onLine < windowBytes) from.resume();
    schedule();
  };
  const schedule = () => {
    const [next] = queue;
    if (next === undefined || timer !== undefined || to.writableNeedDrain) return;
    timer = setTimeout(deliver, Math.max(0, next.at - performance.now()));
  };
  const end = () => {
    clearTimeout(timer);
    from.destroy();
    to.destroy();
  };
  from.setNoDelay(true);
  from.on("data", (bytes) => {
    queue.push({ at: Math.max(line.arrival(bytes.length), opened), bytes });
    onLine += bytes.length;
    if (onLine >= windowBytes) from.pause();
    schedule();
  });
  from.on("end", () => {
    queue.push({ at: line.arrival(0), bytes: undefined });
    schedule();
  });
  from.on("error", end);
}
