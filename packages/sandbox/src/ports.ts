/** Finds free TCP ports of the loopback address. */
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:net";

/** The address that every server of the sandbox listens on. */
export const loopback = "127.0.0.1";

/**
 * A port that is free at this moment. It is below those that systems assign to connections and to servers without a port (from 32768 on), so
 * nothing else gets it before the caller does.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + randomInt(12_000);
    const server = createServer().listen(port, loopback);
    try {
      await once(server, "listening");
    } catch {
      continue;
    }
    server.close();
    await once(server, "close");
    return port;
  }
}

/** The port on which a TCP server listens. */
export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("A TCP server has no port.");
  return address.port;
}
