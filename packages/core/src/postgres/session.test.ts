import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { generate } from "selfsigned";
import { expect, test } from "vitest";
import type { Endpoint } from "./endpoint.ts";
import { openSession } from "./session.ts";

/** Types of a subject alternative name in a certificate (RFC 5280, section 4.2.1.6). */
type AlternativeName = { type: 2; value: string } | { type: 7; ip: string };

/**
 * Connects to a TLS server on 127.0.0.1 that offers a self-signed certificate for `name` and rejects every database.
 * Returns the code of the error: DATABASE_MISSING when the certificate was accepted.
 */
async function connectTo(host: string, name: AlternativeName, address?: string): Promise<unknown> {
  const { cert, private: key } = await generate([{ name: "commonName", value: "test" }], {
    keyType: "ec",
    extensions: [{ name: "subjectAltName", altNames: [name] }],
  });
  const secured = createTlsServer({ key, cert }, (socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.end(databaseMissing()));
  });
  await using server = createServer((socket) => {
    // The client disconnects when it rejects the certificate.
    socket.on("error", () => undefined);
    // The client's first message asks for TLS.
    socket.once("data", () => {
      socket.write("S");
      secured.emit("connection", socket);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const endpoint: Endpoint = {
    system: "neon",
    host,
    port,
    ...(address === undefined ? {} : { address: { host: address, port } }),
    database: "app",
    user: "someone",
    password: "secret",
    tls: { mode: "verify-full", ca: cert, caSource: "the test" },
    notes: [],
  };
  return await openSession(endpoint, { failure: "source" }).then(
    () => "connected",
    (error: unknown) => (error instanceof Error && "code" in error ? error.code : error),
  );
}

/** An ErrorResponse with SQLSTATE 3D000, https://www.postgresql.org/docs/current/protocol-error-fields.html */
function databaseMissing(): Buffer {
  const fields = Buffer.from("SFATAL\0VFATAL\0C3D000\0Mno such database\0\0");
  const header = Buffer.alloc(5);
  header.write("E");
  header.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([header, fields]);
}

/** The warnings that Node prints while `work` runs. */
async function warningsDuring(work: () => Promise<unknown>): Promise<string[]> {
  const warnings: string[] = [];
  const note = (warning: Error) => void warnings.push(String(warning));
  process.on("warning", note);
  await work();
  process.off("warning", note);
  return warnings;
}

test("a certificate for the IP address of the host is accepted, without a warning of Node", async () => {
  const warnings = await warningsDuring(async () => {
    expect(await connectTo("127.0.0.1", { type: 7, ip: "127.0.0.1" })).toBe("DATABASE_MISSING");
  });
  expect(warnings).toEqual([]);
});

test.each([
  ["a host name", { type: 2, value: "db.example.com" }],
  ["another IP address", { type: 7, ip: "127.0.0.2" }],
] as const)("a certificate for %s is rejected when the host is an IP address", async (_name, name) => {
  expect(await connectTo("127.0.0.1", name)).toBe("CERTIFICATE_INVALID");
});

test("through a tunnel, the certificate is checked against the IP address of the host, not of the tunnel", async () => {
  const [host, tunnel] = ["192.0.2.1", "127.0.0.1"];
  expect(await connectTo(host, { type: 7, ip: host }, tunnel)).toBe("DATABASE_MISSING");
  expect(await connectTo(host, { type: 7, ip: tunnel }, tunnel)).toBe("CERTIFICATE_INVALID");
});

test("through a tunnel, the certificate is checked against the name of the host", async () => {
  const host = "db.example.com";
  expect(await connectTo(host, { type: 2, value: host }, "127.0.0.1")).toBe("DATABASE_MISSING");
  expect(await connectTo(host, { type: 7, ip: "127.0.0.1" }, "127.0.0.1")).toBe("CERTIFICATE_INVALID");
});

test("every connection sends a new password if passwords last for minutes only", async () => {
  const passwords: string[] = [];
  await using server = createServer((socket) => {
    socket.on("error", () => undefined);
    // The first message is that of the start; the second one has the password, as the server asks for it in clear text.
    socket.once("data", () => {
      socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));
      socket.once("data", (message: Buffer) => {
        passwords.push(message.toString("utf8", 5, message.length - 1));
        socket.end(databaseMissing());
      });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  let count = 0;
  const endpoint: Endpoint = {
    ...{ system: "rds", host: "127.0.0.1", port, database: "app", user: "someone", password: "first" },
    freshPassword: () => Promise.resolve(`token-${(count += 1)}`),
    tls: { mode: "disable" },
    notes: [],
  };
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await expect(openSession(endpoint, { failure: "source" })).rejects.toMatchObject({
      code: "DATABASE_MISSING",
    });
  }
  expect(passwords.slice(0, 2)).toEqual(["token-1", "token-2"]);
});
