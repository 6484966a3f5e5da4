/**
 * Runs pg_dump and pg_restore inside the open transaction of a session. The programs connect to a local socket, and this module passes their
 * messages on to the connection of the session. The programs see the changes of the transaction, and a rollback also reverts theirs.
 *
 * This module itself answers the messages that must not reach the server: the start of a connection, and the statements with which the programs
 * begin and end transactions of their own. It passes all other messages on unchanged (PostgreSQL documentation, "Frontend/Backend Protocol").
 */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { Environment } from "../config/env.ts";
import { Frames, int32, message, Requests } from "./protocol-messages.ts";
import type { Session } from "./session.ts";

/** Part of the socket's name. Nothing listens on this port. */
const port = 5432;

const socketName = `.s.PGSQL.${port}`;

/** Bytes of a path that every system accepts for a socket (`sun_path`). */
const longestPath = 103;

/** Parameters that a server reports to libpq when it connects. */
const reported = [
  "server_version",
  "server_encoding",
  "client_encoding",
  "is_superuser",
  "session_authorization",
  "DateStyle",
  "IntervalStyle",
  "TimeZone",
  "integer_datetimes",
  "standard_conforming_strings",
];

/** The directory of the socket, and the environment of a program that connects to the server without it. */
export interface SocketPlace {
  /** A private directory of this run. */
  directory: string;
  /** From `libpqEnvironment`. */
  environment: Environment;
}

/**
 * Runs programs in a session.
 * @param work gets the environment with which a program connects to the session instead; one program at a time
 */
export async function withProgramSocket<T>(
  session: Session,
  { directory, environment }: SocketPlace,
  work: (environment: Environment) => Promise<T>,
): Promise<T> {
  const parameters = await readParameters(session);
  await using place = await shortEnough(directory);
  const result = await session.lend(async (wire) => {
    const relay = new Relay(wire, parameters);
    const server = createServer((program) => void relay.serve(program));
    try {
      server.listen(join(place.path, socketName));
      await once(server, "listening");
      const done = await work(towards(place.path, environment));
      relay.assertIdle();
      return done;
    } finally {
      relay.close();
      await closed(server);
    }
  });
  // A program changes settings that a session does not pin, such as check_function_bodies.
  await session.query("reset all");
  await session.pinSettings();
  return result;
}

/** The directory, or a private one with a shorter path if the path of the socket would be too long. */
async function shortEnough(directory: string): Promise<AsyncDisposable & { path: string }> {
  const none = { path: directory, [Symbol.asyncDispose]: () => Promise.resolve() };
  if (Buffer.byteLength(join(directory, socketName)) <= longestPath) return none;
  const path = await mkdtemp(join("/tmp", `pilot-light-sync-${process.pid}-`));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

async function readParameters(session: Session): Promise<[string, string][]> {
  const rows = await session.query<{ name: string; value: string }>(
    `select name, pg_catalog.current_setting(name) as value from pg_catalog.unnest($1::text[]) as n(name)
      where name <> 'session_authorization' union all select 'session_authorization', session_user`,
    [reported],
  );
  return rows.map(({ name, value }) => [name, value]);
}

/** Variables that describe the connection to the server itself. */
const serverVariables = new Set([
  "PGHOSTADDR",
  "PGCHANNELBINDING",
  "PGSSLROOTCERT",
  "PGPASSFILE",
  // The session has set these already.
  "PGOPTIONS",
]);

function towards(directory: string, environment: Environment): Environment {
  const rest = Object.entries(environment).filter(([name]) => !serverVariables.has(name));
  return { ...Object.fromEntries(rest), PGHOST: directory, PGPORT: String(port), PGSSLMODE: "disable" };
}

async function closed(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
}

/** The codes that a connection may begin with, in place of a version of the protocol. */
const startCodes = { ssl: 80_877_103, gss: 80_877_104, cancel: 80_877_102 };

/** What begins and ends the programs' own transactions. */
const ownTransaction =
  /^\s*(?:(begin|start transaction)|(commit)|(set transaction) isolation level [a-z ,]+)\s*;?\s*$/i;

/** Bytes. A longer statement neither begins nor ends a transaction. */
const longestOwn = 200;

/** Carries messages between programs and the session's connection. */
class Relay {
  readonly #wire: Duplex;
  readonly #parameters: readonly (readonly [string, string])[];
  readonly #answers = new Frames();
  #program: Socket | undefined;
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

  constructor(wire: Duplex, parameters: readonly (readonly [string, string])[]) {
    this.#wire = wire;
    this.#parameters = parameters;
    wire.on("data", this.#onAnswer).once("close", this.#onClose);
    wire.resume();
  }

  /** Serves a program until it disconnects. */
  async serve(program: Socket): Promise<void> {
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
          if (own === null) await this.#send(Buffer.concat([head, body]), 1);
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
  async #start(program: Socket, requests: Requests): Promise<boolean> {
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
