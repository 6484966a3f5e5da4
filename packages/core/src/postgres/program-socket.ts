/**
 * Runs pg_dump and pg_restore in the connection of a session. The programs connect to a local socket, and this module passes their messages on.
 * They work inside the open transaction of the session: they see its changes, and a rollback also reverts theirs. Or one of them gets the
 * connection for itself, so that its statements can be recorded and replayed.
 */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { Environment } from "../config/env.ts";
import { inTransaction, Relay, type Statements } from "./relay.ts";
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
  /** Changes a short statement of a program before the server gets it. Default: none. */
  rewrite?: (statement: string) => string;
}

/**
 * Runs programs in the open transaction of a session.
 * @param work gets the environment with which a program connects to the session instead; one program at a time
 */
export async function withProgramSocket<T>(
  session: Session,
  { directory, environment, rewrite }: SocketPlace,
  work: (environment: Environment) => Promise<T>,
): Promise<T> {
  const result = await session.lend(
    await listening(session, { directory, environment }, inTransaction(rewrite), async (towards, relay) => {
      const done = await work(towards);
      relay.assertIdle();
      return done;
    }),
  );
  // A program changes settings that a session does not pin, such as check_function_bodies.
  await session.query("reset all");
  await session.pinSettings();
  return result;
}

/**
 * Runs a program in the connection of a session, which is closed afterwards.
 * @param work gets the environment with which the program connects
 */
export async function withOwnConnection<T>(
  session: Session,
  place: Omit<SocketPlace, "rewrite">,
  statements: Statements,
  work: (environment: Environment) => Promise<T>,
): Promise<T> {
  return await session.give(await listening(session, place, statements, work));
}

/** Returns what serves programs with a connection while `work` runs. */
async function listening<T>(
  session: Session,
  { directory, environment }: Omit<SocketPlace, "rewrite">,
  statements: Statements,
  work: (environment: Environment, relay: Relay) => Promise<T>,
): Promise<(wire: Duplex) => Promise<T>> {
  const parameters = await readParameters(session);
  return async (wire) => {
    await using place = await shortEnough(directory);
    const relay = new Relay(wire, parameters, statements);
    const server = createServer((program) => void relay.serve(program));
    try {
      server.listen(join(place.path, socketName));
      await once(server, "listening");
      return await work(towards(place.path, environment), relay);
    } finally {
      relay.close();
      await closed(server);
    }
  };
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
