/** An emulator whose download of a dump stops in the middle. */
import { once } from "node:events";
import { createServer, request, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { Pair } from "@pilot-light/sandbox/testing";

export interface DownloadProxy extends AsyncDisposable {
  /** The value for AWS_ENDPOINT_URL. */
  url: string;
  /** The field `Range` of each request for a dump; "" without. */
  ranges: readonly string[];
  /** Resolves when half of the dump has been sent. */
  half: Promise<void>;
}

/** @param then what happens after half of the first download: the connection breaks, or the server sends no more data */
export async function downloadProxy(pair: Pair, then: "breaks" | "stalls"): Promise<DownloadProxy> {
  const ranges: string[] = [];
  let reached: () => void = () => undefined;
  const half = new Promise<void>((resolve) => (reached = resolve));
  const server = createServer((incoming, outgoing) => {
    const forward = async () => {
      const { method = "", headers, url = "" } = incoming;
      const body = await buffer(incoming);
      const upstream = request(`${pair.env.AWS_ENDPOINT_URL ?? ""}${url}`, { method, headers });
      upstream.end(body);
      const [response] = (await once(upstream, "response")) as [IncomingMessage];
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      const isDump = method === "GET" && /\.dump(\?|$)/.test(url);
      if (isDump) ranges.push(headers.range ?? "");
      const bytes = await buffer(response);
      if (!isDump || ranges.length > 1) {
        outgoing.end(bytes);
        return;
      }
      outgoing.write(bytes.subarray(0, bytes.length / 2), () => {
        reached();
        if (then === "breaks") setTimeout(() => outgoing.destroy(), 100);
      });
    };
    forward().catch(() => outgoing.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ranges,
    half,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
