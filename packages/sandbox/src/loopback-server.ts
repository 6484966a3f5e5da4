/** HTTP servers on the loopback address. */
import { once } from "node:events";
import type { Server } from "node:http";
import { loopback, portOf } from "./ports.ts";

export interface LoopbackServer extends AsyncDisposable {
  /** `address:port`. */
  address: string;
  /** Ends it without waiting, together with every connection. */
  stop: () => void;
}

/**
 * Starts an HTTP or HTTPS server. It ends with its disposal, if it has not ended before.
 * @param port default: a free one
 */
export async function listen(server: Server, port = 0): Promise<LoopbackServer> {
  server.listen(port, loopback);
  await once(server, "listening");
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return {
    address: `${loopback}:${portOf(server)}`,
    stop,
    [Symbol.asyncDispose]: async () => {
      if (!server.listening) return;
      stop();
      await once(server, "close");
    },
  };
}
