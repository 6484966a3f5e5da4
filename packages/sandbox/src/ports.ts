/** Free TCP ports of the loopback address. */
import { once } from "node:events";
import { createServer } from "node:net";

/** The address that every server of the sandbox listens on. */
export const loopback = "127.0.0.1";

/** A port that was free just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, loopback);
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("A TCP server has no port.");
  return address.port;
}
