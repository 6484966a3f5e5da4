/** A TCP proxy in front of a database server, which can fail as tunnels and networks do. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { loopback, portOf } from "../ports.ts";

/** A TCP server in front of a database server. */
export interface TcpProxy extends AsyncDisposable {
  port: number;
  /** Connections so far. */
  connections: () => number;
  /** Stops forwarding, and closes nothing: new connections are accepted and never answered. */
  stall: () => void;
  isStalled: () => boolean;
  /** Stops forwarding as soon as one connection has carried this number of bytes in this direction. */
  stallAfter: (bytes: number, direction: "to the server" | "to the client") => void;
  /** Holds all answers back until the clients have sent this number of bytes. */
  holdAnswers: (bytes: number) => void;
  /** Closes the connections of the clients. Their servers do not notice it. */
  cut: () => void;
  /** Bytes that the client of one connection has received: the most of all connections so far. */
  received: () => number;
}

/** What the proxy does with a connection: forwards it, closes it without an answer, or accepts and never answers it. */
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
  /** The servers' sockets, by those of their clients. */
  const servers = new Map<Socket, Socket>();
  let unsent = 0;
  let connections = 0;
  let isStalled = false;
  let received = 0;
  const most = { "to the server": Infinity, "to the client": Infinity };
  const stall = () => {
    isStalled = true;
    for (const socket of sockets) socket.unpipe().pause();
  };
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  };
  const server = createServer((socket) => {
    keep(socket);
    const treatment = treat((connections += 1));
    if (treatment === "close") socket.destroy();
    if (treatment !== "forward" || isStalled) return;
    const server = connect(upstream, loopback);
    keep(server);
    servers.set(socket, server);
    socket.on("data", (bytes) => {
      if (socket.bytesRead > most["to the server"]) stall();
      if (unsent > 0 && (unsent -= bytes.length) <= 0) {
        for (const [client, other] of servers) other.pipe(client);
      }
    });
    server.on("data", () => {
      received = Math.max(received, server.bytesRead);
      if (server.bytesRead > most["to the client"]) stall();
    });
    socket.pipe(server).pipe(socket);
    // On a stalled line, neither end learns that the other one has closed.
    socket.on("close", () => {
      if (servers.delete(socket) && !isStalled) server.destroy();
    });
    server.on("close", () => {
      if (!isStalled) socket.destroy();
    });
  });
  server.listen(port, loopback);
  await once(server, "listening");
  return {
    port: portOf(server),
    connections: () => connections,
    stall,
    isStalled: () => isStalled,
    received: () => received,
    holdAnswers: (bytes) => {
      unsent = bytes;
      for (const [client, server] of servers) server.unpipe(client).pause();
    },
    cut: () => {
      for (const client of servers.keys()) {
        servers.delete(client);
        client.destroy();
      }
    },
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
