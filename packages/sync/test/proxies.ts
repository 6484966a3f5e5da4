/** Servers between the tools and the sandbox that fail as a test needs it, and forward everything else. */
import { once } from "node:events";
import { createServer as createHttpServer, request, type IncomingMessage } from "node:http";
import {
  connect,
  createServer as createTcpServer,
  type AddressInfo,
  type Server,
  type Socket,
} from "node:net";
import { buffer } from "node:stream/consumers";
import type { Pair } from "@pilot-light/sandbox/testing";

const loopback = "127.0.0.1";

/** A request that a tool made of AWS. */
export interface AwsRequest {
  method: string;
  /** Path and query: `/bucket/key?uploadId=...`. */
  path: string;
  /** JSON services name their operation here: `secretsmanager.GetSecretValue`. */
  target: string;
  body: string;
}

/** An answer in the emulator's place. */
export interface AwsAnswer {
  status: number;
  body?: string;
}

/** A server in front of the emulator. `url` goes into AWS_ENDPOINT_URL. */
export interface AwsProxy extends AsyncDisposable {
  url: string;
  /** All requests so far. */
  requests: readonly AwsRequest[];
}

/**
 * Starts a proxy that asks `answer` about each request.
 * @param answer gives the answer in the emulator's place, or undefined to hand the request on; may wait
 */
export async function awsProxy(
  pair: Pair,
  answer: (request: AwsRequest) => AwsAnswer | undefined | Promise<AwsAnswer | undefined> = () => undefined,
): Promise<AwsProxy> {
  const requests: AwsRequest[] = [];
  const server = createHttpServer((incoming, outgoing) => {
    const reply = async () => {
      const body = await buffer(incoming);
      const asked = describeRequest(incoming, body);
      requests.push(asked);
      const own = await answer(asked);
      if (own === undefined) {
        const { method = "", headers, url = "" } = incoming;
        const upstream = request(`${pair.env.AWS_ENDPOINT_URL ?? ""}${url}`, { method, headers });
        upstream.on("response", (response) => {
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

/** An emulator in which the pair's secret reads `secret`. */
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

/** An emulator that keeps the upload of the source's dump waiting until `goOn` is called. */
export async function pausedAtUpload(pair: Pair) {
  const reached = signal();
  const goOn = signal();
  const proxy = await awsProxy(pair, async ({ method, path }) => {
    if (method === "PUT" && /neon-dumps\/.*\.dump/.test(path)) {
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

/** A TCP server in front of a database server. */
export interface TcpProxy extends AsyncDisposable {
  port: number;
  /** Connections so far. */
  connections: () => number;
  /** Stops forwarding, and closes nothing: new connections are accepted and never answered. */
  stall: () => void;
  isStalled: () => boolean;
  /** Stops forwarding as soon as so many bytes went through one connection in this direction. */
  stallAfter: (bytes: number, direction: "to the server" | "to the client") => void;
}

/** What becomes of a connection: handed on, closed without a word, or accepted and never answered. */
export type Treatment = "forward" | "close" | "ignore";

/**
 * Starts a TCP proxy on `port`, by default a free one.
 * @param treat decides about each connection, counted from 1
 */
export async function tcpProxy(
  upstream: number,
  treat: (connection: number) => Treatment = () => "forward",
  port = 0,
): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let connections = 0;
  let isStalled = false;
  const most = { "to the server": Infinity, "to the client": Infinity };
  const stall = () => {
    isStalled = true;
    for (const socket of sockets) socket.unpipe().pause();
  };
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  };
  const server = createTcpServer((socket) => {
    keep(socket);
    const treatment = treat((connections += 1));
    if (treatment === "close") socket.destroy();
    if (treatment !== "forward" || isStalled) return;
    const server = connect(upstream, loopback);
    keep(server);
    socket.on("data", () => {
      if (socket.bytesRead > most["to the server"]) stall();
    });
    server.on("data", () => {
      if (server.bytesRead > most["to the client"]) stall();
    });
    socket.pipe(server).pipe(socket);
    socket.on("close", () => server.destroy());
    server.on("close", () => socket.destroy());
  });
  return {
    port: await listen(server, port),
    connections: () => connections,
    stall,
    isStalled: () => isStalled,
    stallAfter: (bytes, direction) => {
      most[direction] = bytes;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

async function listen(server: Server, port = 0): Promise<number> {
  server.listen(port, loopback);
  await once(server, "listening");
  const address = server.address() as AddressInfo;
  return address.port;
}

/** A port that nothing listens on. */
export async function closedPort(): Promise<number> {
  const server = createTcpServer();
  const port = await listen(server);
  server.close();
  await once(server, "close");
  return port;
}
