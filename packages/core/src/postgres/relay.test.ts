import { duplexPair } from "node:stream";
import { expect, test } from "vitest";
import { Inbox } from "./testing.ts";
import { int32, message } from "./protocol-messages.ts";
import { inTransaction, Relay, type Statements } from "./relay.ts";

/** A relay between a program that has connected, and a server that a test plays. */
async function start(statements: Statements = inTransaction()) {
  const [wire, serverEnd] = duplexPair();
  const relay = new Relay(wire, [["server_version", "16.4"]], statements);
  const connect = () => {
    const [end, program] = duplexPair();
    return { served: relay.serve(end), end, program, inbox: new Inbox(program) };
  };
  const server = new Inbox(serverEnd);
  const { served, end, program, inbox } = connect();
  const startup = Buffer.concat([int32(196_608), Buffer.from("user\0me\0application_name\0pg_dump\0\0")]);
  program.write(Buffer.concat([int32(startup.length + 4), startup]));
  expect(await server.read()).toBe("Q set application_name = 'pg_dump'");
  serverEnd.write(Buffer.concat([message("C", "SET\0"), message("Z", "T")]));
  const greeting = [await inbox.read(), await inbox.read(), await inbox.read(), await inbox.read()];
  expect(greeting).toEqual(["R", "S server_version\0" + "16.4", "K", "Z T"]);
  const query = (sql: string) => program.write(message("Q", `${sql}\0`));
  return { relay, connect, served, wire, end, program, inbox, query, server, serverEnd };
}

test("a program's statements reach the server, and the answers the program", async () => {
  const { relay, inbox, query, server, serverEnd } = await start();
  query("select 1");
  expect(await server.read()).toBe("Q select 1");
  serverEnd.write(Buffer.concat([message("C", "SELECT 1\0"), message("Z", "T")]));
  expect([await inbox.read(), await inbox.read()]).toEqual(["C SELECT 1", "Z T"]);
  expect(() => relay.assertIdle()).not.toThrow();
});

test("a program's own transaction does not reach the server, and appears to work", async () => {
  const { inbox, query, server } = await start();
  const answers = [];
  for (const sql of ["BEGIN", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", "COMMIT;"]) {
    query(sql);
    answers.push(await inbox.read(), await inbox.read());
  }
  expect(answers).toEqual(["C BEGIN", "Z T", "C SET", "Z T", "C COMMIT", "Z T"]);
  query("commit prepared 'x'");
  expect(await server.read()).toBe("Q commit prepared 'x'");
});

test("the server gets a statement as `rewrite` changes it", async () => {
  const { query, server } = await start(inTransaction((statement) => statement.replace("''", "'ä, public'")));
  query("set search_path = ''");
  expect(await server.read()).toBe(`Q ${Buffer.from("set search_path = 'ä, public'").toString("latin1")}`);
  query("select 1");
  expect(await server.read()).toBe("Q select 1");
});

test("a program disconnects, and the server does not learn of it", async () => {
  const { relay, served, program, serverEnd } = await start();
  program.write(message("X", ""));
  await served;
  expect(serverEnd.readableLength).toBe(0);
  expect(() => relay.assertIdle()).not.toThrow();
});

test("a program that ends before its answer leaves the connection in the middle of something", async () => {
  const { relay, served, program, query, server } = await start();
  query("select pg_sleep(9)");
  expect(await server.read()).toBe("Q select pg_sleep(9)");
  program.end();
  await served;
  expect(() => relay.assertIdle()).toThrow("ended before the server had answered");
});

test("a second program is disconnected while the first one is served", async () => {
  const first = await start();
  const second = first.connect();
  await second.served;
  expect([first.end.destroyed, second.end.destroyed]).toEqual([false, true]);
});

test("a lost connection disconnects the program", async () => {
  const { served, wire, end } = await start();
  wire.destroy();
  await served;
  expect(end.destroyed).toBe(true);
});
