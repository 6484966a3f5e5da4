/** Short connections of the harness, over the loopback address, by default without TLS, which the sandbox's servers allow. */
import pg from "pg";
import { loopback } from "../ports.ts";

/** Where and as whom to connect. */
export interface Login {
  port: number;
  database: string;
  user: string;
  password: string;
  /** Connects with TLS, to the server of this name. */
  tls?: { ca: string; servername: string };
}

/** A client that is closed at the end of its block. */
export interface Connection extends AsyncDisposable {
  client: pg.Client;
}

/** Connects; gives up after ten seconds. */
export async function connect({ tls, ...login }: Login): Promise<Connection> {
  const client = new pg.Client({
    ...{ ...login, host: loopback, ssl: tls ?? false },
    connectionTimeoutMillis: 10_000,
  });
  // A test may end this session on purpose. Then the next query fails, but not the process.
  client.on("error", () => undefined);
  await client.connect();
  return { client, [Symbol.asyncDispose]: () => client.end() };
}

/** Runs statements one by one, each in its own transaction. */
export async function asAdmin(login: Login, ...statements: readonly string[]): Promise<void> {
  await using session = await connect(login);
  for (const statement of statements) await session.client.query(statement);
}
