/** HTTP servers of tests on a free port of the loopback address. */
import { once } from "node:events";
import type { Server } from "node:http";
import { loopback, portOf } from "./ports.ts";

export interface LoopbackServer extends AsyncDisposable {
  /** `address:port`. */
  address: string;
  /** Ends it without waiting, together with every connection. */
  stop: () => void;
}

/** Starts an HTTP or HTTPS server. It ends with its disposal, if it has not ended before. */
export async function listen(server: Server): Promise<LoopbackServer> {
  server.listen(0, loopback);
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
