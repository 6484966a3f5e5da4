/** Finds free TCP ports of the loopback address. */
import { once } from "node:events";
import { createServer, type Server } from "node:net";

/** The address that every server of the sandbox listens on. */
export const loopback = "127.0.0.1";

/** A port that is free at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, loopback);
  await once(server, "listening");
  const port = portOf(server);
  server.close();
  await once(server, "close");
  return port;
}

/** The port on which a TCP server listens. */
export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("A TCP server has no port.");
  return address.port;
}
