/** Servers between the tools and the sandbox. They fail as a test needs it, and forward everything else. */
import { once } from "node:events";
import { createServer as createHttpServer, request, type IncomingMessage } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { buffer } from "node:stream/consumers";
import type { Pair, Side } from "@pilot-light/sandbox/testing";

const loopback = "127.0.0.1";

/** A request of a tool to AWS. */
export interface AwsRequest {
  method: string;
  /** Path and query: `/bucket/key?uploadId=...`. */
  path: string;
  /** The operation of a JSON service: `secretsmanager.GetSecretValue`. */
  target: string;
  body: string;
}

/** An answer that the proxy gives in place of the emulator. */
export interface AwsAnswer {
  status: number;
  body?: string;
}

/** The emulator carries out the request, and the connection ends before its answer. */
export const lost = Symbol("lost");

/** A server in front of the emulator. `url` is the value for AWS_ENDPOINT_URL. */
export interface AwsProxy extends AsyncDisposable {
  url: string;
  /** All requests so far. */
  requests: readonly AwsRequest[];
}

type Answer = AwsAnswer | typeof lost | undefined;

/**
 * Starts a proxy that calls `answer` for each request.
 * @param answer returns the answer in place of the emulator, `lost`, or undefined to forward the request; may wait
 */
export async function awsProxy(
  pair: { env: { AWS_ENDPOINT_URL?: string } },
  answer: (request: AwsRequest) => Answer | Promise<Answer> = () => undefined,
): Promise<AwsProxy> {
  const requests: AwsRequest[] = [];
  const server = createHttpServer((incoming, outgoing) => {
    const reply = async () => {
      const body = await buffer(incoming);
      const asked = describeRequest(incoming, body);
      requests.push(asked);
      const own = await answer(asked);
      if (own === undefined || own === lost) {
        const { method = "", headers, url = "" } = incoming;
        const upstream = request(`${pair.env.AWS_ENDPOINT_URL ?? ""}${url}`, { method, headers });
        upstream.on("response", (response) => {
          if (own === lost) {
            response.resume().on("end", () => outgoing.destroy());
            return;
          }
          outgoing.writeHead(response.statusCode ?? 502, response.headers);
          response.pipe(outgoing);
        });
        upstream.on("error", () => outgoing.destroy());
        upstream.end(body);
      } else {
        outgoing.writeHead(own.status).end(own.body);
      }
    };
    reply().catch(() => outgoing.destroy());
  });
  const port = await listen(server);
  return {
    url: `http://${loopback}:${port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** An emulator in which the pair's secret has the value `secret`. */
export async function awsWithSecret(pair: Pair, secret: string): Promise<AwsProxy> {
  const body = JSON.stringify({ ARN: pair.rds.secretArn, Name: "x", SecretString: secret });
  return await awsProxy(pair, (request) => (readsSecret(request) ? { status: 200, body } : undefined));
}

/** An event that happens once, and that others wait for. */
function signal() {
  let happens: () => void = () => undefined;
  const happened = new Promise<void>((resolve) => (happens = resolve));
  return { happens, happened };
}

/** An emulator that keeps the upload of the source's dump waiting until `goOn` is called. Default: the source is Neon. */
export async function pausedAtUpload(pair: Pair, source: Side = "neon") {
  const reached = signal();
  const goOn = signal();
  const proxy = await awsProxy(pair, async ({ method, path }) => {
    if (method === "PUT" && path.includes(`/${source}-dumps/`) && /\.dump(\?|$)/.test(path)) {
      reached.happens();
      await goOn.happened;
    }
    return undefined;
  });
  return { ...proxy, reached: reached.happened, goOn: goOn.happens };
}

/** True for the request that reads the database secret. */
export function readsSecret({ target }: AwsRequest): boolean {
  return target === "secretsmanager.GetSecretValue";
}

function describeRequest({ method = "", url = "", headers }: IncomingMessage, body: Buffer): AwsRequest {
  const target = headers["x-amz-target"];
  return {
    method,
    path: url,
    target: typeof target === "string" ? target : "",
    body: body.toString("latin1"),
  };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, loopback);
  await once(server, "listening");
  const address = server.address() as AddressInfo;
  return address.port;
}
