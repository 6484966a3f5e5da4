/** An HTTP proxy in front of the emulator, which can fail as AWS and networks do. */
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { listen } from "../loopback-server.ts";

/** What the proxy does with a request: forwards it, answers with a throttling error or a status, or never answers. `stop` ends the proxy. */
export type Fate = "forward" | "throttle" | "hang" | "stop" | number;

export interface Proxy extends AsyncDisposable {
  url: string;
  /** Number of requests so far, by service. */
  seen: Map<string, number>;
}

/**
 * @param decide gets the service's name as in a signature, such as `ecs`, the number of earlier requests to the service, and the
 *   request with its headers and URL
 * @param rewrite changes the path and query of a forwarded request
 * @param port default: a free port
 * @param correct changes the bodies of answers
 */
export async function startProxy(
  target: string,
  decide: (service: string, before: number, request: IncomingMessage) => Fate,
  rewrite: (url: string) => string = (url) => url,
  port?: number,
  correct?: Correct,
): Promise<Proxy> {
  const seen = new Map<string, number>();
  const server = createServer((incoming, response) => {
    const service =
      /Credential=[^/]+\/\d+\/[\w-]+\/([\w-]+)\//.exec(incoming.headers.authorization ?? "")?.[1] ?? "";
    const before = seen.get(service) ?? 0;
    seen.set(service, before + 1);
    const fate = decide(service, before, incoming);
    if (fate === "forward") {
      forward(target, rewrite(incoming.url ?? "/"), incoming, response, correct?.(incoming));
    } else if (fate === "throttle") throttle(response);
    else if (fate === "stop") stop();
    else if (fate !== "hang") response.writeHead(fate).end();
  });
  const { address, stop, [Symbol.asyncDispose]: dispose } = await listen(server, port);
  return { url: `http://${address}`, seen, [Symbol.asyncDispose]: dispose };
}

/** How the body of the answer to a request is changed; undefined for an answer that is not changed. */
export type Correct = (request: IncomingMessage) => ((body: string) => string) | undefined;

/**
 * Forwards a request to another server.
 * @param read the body, if the caller has read it already
 */
export function forward(
  target: string,
  url: string,
  incoming: IncomingMessage,
  response: ServerResponse,
  correct?: (body: string) => string,
  read?: Buffer,
): void {
  const { method, headers } = incoming;
  const sent = request(new URL(url, target), { method, headers }, (answer) => {
    const { statusCode = 502, headers: answered } = answer;
    if (correct === undefined || statusCode !== 200) {
      response.writeHead(statusCode, answered);
      answer.pipe(response);
      return;
    }
    void text(answer).then((body) => {
      const corrected = correct(body);
      response.writeHead(statusCode, { ...answered, "content-length": Buffer.byteLength(corrected) });
      response.end(corrected);
    });
  });
  // A load balancer also closes the connection if its target does not answer.
  sent.on("error", () => response.destroy());
  if (read === undefined) incoming.pipe(sent);
  else sent.end(read);
}

function throttle(response: ServerResponse): void {
  response.writeHead(400, { "content-type": "application/x-amz-json-1.1" });
  response.end(JSON.stringify({ __type: "ThrottlingException", message: "Rate exceeded" }));
}
