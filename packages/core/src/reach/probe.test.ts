import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { expect, test } from "vitest";
import { probePostgres } from "./probe.ts";

const never = new AbortController().signal;

/** Probes a server that treats a connection like this. */
async function probe(treat: (socket: Socket) => void, signal = never): Promise<string | undefined> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    treat(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { port } = server.address() as AddressInfo;
    return await probePostgres({ host: "127.0.0.1", port }, 200, signal);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

test.each(["S", "N"])("a server of PostgreSQL answers a request for TLS with %s", async (answer) => {
  expect(await probe((socket) => socket.once("data", () => socket.write(answer)))).toBeUndefined();
});

test("another server is not PostgreSQL", async () => {
  const found = await probe((socket) => socket.once("data", () => socket.write("HTTP/1.1 400")));
  expect(found).toBe("the answer is not that of PostgreSQL");
});

test("a server that stays silent, or closes the connection, does not answer", async () => {
  expect(await probe(() => undefined)).toBe("no answer within 0.2 s");
  expect(await probe((socket) => socket.end())).toBe("the connection was closed");
});

test("a closed port does not answer", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  expect(await probePostgres({ host: "127.0.0.1", port }, 200, never)).toContain("ECONNREFUSED");
});

test("an interruption ends the probe with its reason", async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error("interrupted")), 20);
  await expect(probe(() => undefined, controller.signal)).rejects.toThrow("interrupted");
});
