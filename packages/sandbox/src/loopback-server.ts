/** Starts HTTP servers on the loopback address. */
import { once } from "node:events";
import type { Server } from "node:http";
import { loopback, portOf } from "./ports.ts";

export interface LoopbackServer extends AsyncDisposable {
  /** `address:port`. */
  address: string;
  /** Ends the server at once, together with every connection. */
  stop: () => void;
}

/**
 * Starts an HTTP or HTTPS server. Disposing stops the server, if it still runs.
 * @param port default: a free port
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
