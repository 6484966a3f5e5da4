/** Finds out whether a PostgreSQL server answers at an address. */
import { connect } from "node:net";

/** The first message of a client that asks for TLS (PostgreSQL documentation, "Message Formats", SSLRequest). */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/**
 * Asks for TLS, as every client does first. A server of PostgreSQL answers with one byte; another machine of the same private address does not.
 * @returns why there is no answer; undefined if there is one
 */
export async function probePostgres(
  { host, port }: { host: string; port: number },
  milliseconds: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  signal.throwIfAborted();
  const socket = connect({ host, port });
  try {
    return await new Promise<string | undefined>((resolve, reject) => {
      socket.setTimeout(milliseconds, () => resolve(`no answer within ${milliseconds / 1000} s`));
      // Activity postpones the timeout of a socket, but a connection that stays silent has none.
      socket.once("connect", () => socket.write(sslRequest));
      socket.once("data", ([answer]) =>
        resolve(answer === 83 || answer === 78 ? undefined : "the answer is not that of PostgreSQL"),
      );
      socket.once("error", (error) => resolve(error.message));
      socket.once("close", () => resolve("the connection was closed"));
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    });
  } finally {
    socket.destroy();
  }
}
