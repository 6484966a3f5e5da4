import { duplexPair } from "node:stream";
import { expect, test } from "vitest";
import { Inbox } from "./testing.ts";
import { int32, message } from "./protocol-messages.ts";
import { Relay, type Statements } from "./relay.ts";
import { Recording, replay } from "./replay.ts";

/** A program that has connected through a relay, and a server that a test plays. */
async function start(statements: Statements) {
  const [wire, serverEnd] = duplexPair();
  const relay = new Relay(wire, [], statements);
  const [end, program] = duplexPair();
  const served = relay.serve(end);
  const startup = Buffer.concat([int32(196_608), Buffer.from("application_name\0pg_dump\0\0")]);
  program.write(Buffer.concat([int32(startup.length + 4), startup]));
  const server = new Inbox(serverEnd);
  const inbox = new Inbox(program);
  const answer = (tag: string) =>
    serverEnd.write(Buffer.concat([message("C", `${tag}\0`), message("Z", "T")]));
  const query = (sql: string) => program.write(message("Q", `${sql}\0`));
  expect(await server.read()).toBe("Q set application_name = 'pg_dump'");
  answer("SET");
  expect([await inbox.read(), await inbox.read(), await inbox.read()]).toEqual(["R", "K", "Z I"]);
  return { answer, end, inbox, query, served, server, serverEnd, wire };
}

const recorded = (...statements: string[]) => statements.map((sql) => Buffer.from(`${sql}\0`));

test("a recording has the statements with complete answers, in their order, and none with a large answer", async () => {
  const recording = new Recording();
  const { answer, inbox, query, server } = await start(recording);
  for (const [sql, tag] of [
    ["begin", "BEGIN"],
    ["select 'large'", "x".repeat(2 * 1024 * 1024)],
    ["select 1", "SELECT 1"],
  ] as const) {
    query(sql);
    expect(await server.read()).toBe(`Q ${sql}`);
    answer(tag);
    expect([await inbox.read(), await inbox.read()]).toEqual([`C ${tag}`, "Z T"]);
  }
  query("select 'no answer'");
  expect(await server.read()).toBe("Q select 'no answer'");
  expect(recording.statements).toEqual(recorded("begin", "select 1"));
});

test("recorded statements are sent together, and each answer goes once to the statement that asks for it", async () => {
  const { answer, inbox, query, server } = await start(replay(recorded("set a = 1", "select 1", "select 1")));
  // All of them arrive before the program has sent anything.
  expect([await server.read(), await server.read(), await server.read()]).toEqual([
    "Q set a = 1",
    "Q select 1",
    "Q select 1",
  ]);
  for (const tag of ["SET", "first", "second"]) answer(tag);
  for (const [sql, tag] of [
    ["select 1", "first"],
    ["set a = 1", "SET"],
    ["select 1", "second"],
  ] as const) {
    query(sql);
    expect([await inbox.read(), await inbox.read()]).toEqual([`C ${tag}`, "Z T"]);
  }
  query("select 1");
  expect(await server.read()).toBe("Q select 1");
  answer("third");
  expect(await inbox.read()).toBe("C third");
});

test("an answer that arrives after its statement is passed on, and a new statement waits for those in flight", async () => {
  const { answer, inbox, query, server } = await start(replay(recorded("select 1", "select 2")));
  expect([await server.read(), await server.read()]).toEqual(["Q select 1", "Q select 2"]);
  query("select 'new'");
  expect(await server.read()).toBe("Q select 'new'");
  for (const tag of ["one", "two", "new"]) answer(tag);
  expect([await inbox.read(), await inbox.read()]).toEqual(["C new", "Z T"]);
  query("select 2");
  expect(await inbox.read()).toBe("C two");
});

test("the parts of an answer reach a program that waits for it, wherever the network splits them", async () => {
  const { inbox, query, server, serverEnd } = await start(replay(recorded("select 1")));
  expect(await server.read()).toBe("Q select 1");
  const bytes = Buffer.concat([message("D", "ZZZZZ"), message("C", "SELECT 1\0"), message("Z", "T")]);
  for (const byte of bytes.subarray(0, 8)) serverEnd.write(Buffer.of(byte));
  query("select 1");
  for (const byte of bytes.subarray(8)) serverEnd.write(Buffer.of(byte));
  expect([await inbox.read(), await inbox.read(), await inbox.read()]).toEqual([
    "D ZZZZZ",
    "C SELECT 1",
    "Z T",
  ]);
});

test("a lost connection disconnects a program that waits for a recorded answer", async () => {
  const { end, query, served, server, wire } = await start(replay(recorded("select 1")));
  expect(await server.read()).toBe("Q select 1");
  query("select 1");
  wire.destroy();
  await served;
  expect(end.destroyed).toBe(true);
});
