/**
 * A stand-in for Neon's proxy: one port for all host names. It reads the host name from the TLS handshake (SNI), and forwards the connection
 * unchanged: certificates and channel binding are those of the server. Like Neon's proxy, it can answer with its own error, with the
 * code XX000, while a compute wakes up. https://neon.com/docs/connect/connection-errors
 */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { KeyPair } from "../certificates.ts";
import { loopback, portOf } from "../ports.ts";

/** What the proxy does with a connection: forwards it, or sends an error with this text and closes the connection. */
export type Answer = "forward" | { error: string };

export interface NeonProxy extends AsyncDisposable {
  port: number;
  /** The host names in the handshakes so far; "" for one without a name. */
  names: readonly string[];
}

/** The first message of a client that wants TLS: https://www.postgresql.org/docs/current/protocol-message-formats.html (SSLRequest). */
const tlsRequest = Buffer.from([0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f]);

/**
 * @param servers port of the server behind each host name. A connection for another name is closed
 * @param options `answer` decides about each connection, counted from 1; `certificate` is that of the proxy's own answers
 */
export async function startNeonProxy(
  servers: Readonly<Record<string, number>>,
  {
    certificate,
    answer = () => "forward",
    port = 0,
  }: { certificate: KeyPair; answer?: (connection: number) => Answer; port?: number },
): Promise<NeonProxy> {
  const names: string[] = [];
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy()).on("close", () => sockets.delete(socket));
  };
  let connections = 0;
  const server = createServer((client) => {
    keep(client);
    const given = answer((connections += 1));
    client.once("data", () => {
      // The client waits for the letter before it sends its handshake.
      client.write("S");
      client.once("data", (hello: Buffer) => {
        client.pause();
        const name = serverName(hello);
        names.push(name);
        const upstream = servers[name];
        if (given !== "forward") refuse(client, hello, certificate, given.error);
        else if (upstream === undefined) client.destroy();
        else hand(client, hello, connect(upstream, loopback));
      });
    });
  });
  const hand = (client: Socket, hello: Buffer, upstream: Socket) => {
    keep(upstream);
    upstream.write(tlsRequest);
    upstream.once("data", () => {
      upstream.write(hello);
      client.pipe(upstream).pipe(client);
    });
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
  };
  server.listen(port, loopback);
  await once(server, "listening");
  return {
    port: portOf(server),
    names,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Ends the handshake itself, and answers the start message with an error. */
function refuse(client: Socket, hello: Buffer, { key, cert }: KeyPair, message: string): void {
  const secured = createTlsServer({ key, cert }, (socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.end(errorResponse(message)));
  });
  secured.emit("connection", client);
  client.unshift(hello);
}

/** https://www.postgresql.org/docs/current/protocol-error-fields.html */
function errorResponse(message: string): Buffer {
  const fields = Buffer.from(`SERROR\0VERROR\0CXX000\0M${message}\0\0`);
  const header = Buffer.alloc(5);
  header.write("E");
  header.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([header, fields]);
}

/** The host name in a ClientHello (RFC 8446, section 4.1.2; RFC 6066, section 3); "" without one. */
function serverName(hello: Buffer): string {
  // Header of the record, of the message, the version and the random bytes; then three lists before the extensions.
  let at = 5 + 4 + 2 + 32;
  at += 1 + hello.readUInt8(at);
  at += 2 + hello.readUInt16BE(at);
  at += 1 + hello.readUInt8(at);
  const end = at + 2 + hello.readUInt16BE(at);
  at += 2;
  while (at + 4 <= Math.min(end, hello.length)) {
    const [type, length] = [hello.readUInt16BE(at), hello.readUInt16BE(at + 2)];
    // Length of the list, type and length of the name, the name.
    if (type === 0) return hello.toString("ascii", at + 9, at + 4 + length);
    at += 4 + length;
  }
  return "";
}
