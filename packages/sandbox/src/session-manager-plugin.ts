/**
 * A stand-in for the official `session-manager-plugin`, for the stand-in of Systems Manager in `aws/session-manager.ts`. It takes the same
 * arguments, opens a port, prints the same line, and carries the data of every connection to the database.
 */
import { connect, createServer, type Socket } from "node:net";
import { processEnvironment } from "@pilot-light/core/config/env";
import { z } from "zod";
import { loopback, portOf } from "./ports.ts";

const responseSchema = z.object({ SessionId: z.string(), TokenValue: z.string(), StreamUrl: z.url() });
const requestSchema = z.object({ Target: z.string() });

const [first = "", ...rest] = process.argv.slice(2);
if (first === "--version") {
  process.stdout.write("1.2.707.0\n");
} else {
  const [region = "", operation, profile, request = "", endpoint = ""] = rest;
  if (region === "" || operation !== "StartSession" || profile === undefined || endpoint === "") {
    throw new Error(`not the arguments of the AWS CLI: ${process.argv.slice(2).join(" ")}`);
  }
  requestSchema.parse(JSON.parse(request));
  forward(responseSchema.parse(JSON.parse(processEnvironment()[first] ?? first)));
}

function forward({ SessionId, TokenValue, StreamUrl }: z.infer<typeof responseSchema>): void {
  const { hostname: host, port } = new URL(StreamUrl);
  const sockets = new Set<Socket>();
  const open = (purpose: "control" | "data"): Socket => {
    const socket = connect({ host, port: Number(port) });
    sockets.add(socket);
    socket.write(`${TokenValue} ${purpose}\n`);
    return socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  };
  const end = (reason: string) => {
    process.stdout.write(`\n${reason}\n`);
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((client) => {
    const remote = open("data");
    client.on("error", () => undefined).pipe(remote);
    remote.pipe(client);
    client.on("close", () => remote.destroy());
    remote.on("close", () => client.destroy());
  });
  process.stdout.write(`\nStarting session with SessionId: ${SessionId}\n`);
  process.on("SIGINT", () => end("Terminate signal received, exiting."));
  open("control").on("close", () => end(`SessionId: ${SessionId} : the session was closed`));
  server.listen(0, loopback, () => {
    process.stdout.write(`Port ${portOf(server)} opened for sessionId ${SessionId}.`);
    process.stdout.write("\nWaiting for connections...\n");
  });
}
