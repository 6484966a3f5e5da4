/** Statements of one session share round trips: a statement does not wait for the answers to earlier ones. */
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import { openSession, type Session } from "@pilot-light/core/postgres/session";
import { sandboxPassword } from "@pilot-light/sandbox/names";
import { tcpProxy } from "@pilot-light/sandbox/postgres/tcp-proxy";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { afterAll, beforeAll, expect, test } from "vitest";

let pair: Pair;

beforeAll(async () => {
  pair = await createPair(testSandbox(), { neon: "app", rds: "empty" });
});
afterAll(() => pair.dispose());

/** A session through a line whose answers can be held back. The server accepts sessions without TLS. */
async function sessionThrough(line: { port: number }): Promise<Session> {
  const { database, role: user } = pair.neon;
  const endpoint: Endpoint = {
    ...{ system: "neon", host: "127.0.0.1", database, user, password: sandboxPassword },
    port: line.port,
    tls: { mode: "disable" },
    notes: [],
  };
  return await openSession(endpoint, { failure: "source" });
}

const padding = "x".repeat(5000);

test("statements that are given at the same time are sent before the first answer arrives", async () => {
  await using line = await tcpProxy(testSandbox().state.neon.port);
  await using session = await sessionThrough(line);
  line.holdAnswers(3 * padding.length);
  const answers = await Promise.all(
    [1, 2, 3].map((number) => session.one(`select ${number} as number /* ${padding} */`)),
  );
  expect(answers).toEqual([{ number: 1 }, { number: 2 }, { number: 3 }]);
});

test("a statement that fails does not change the answers to its neighbours", async () => {
  await using line = await tcpProxy(testSandbox().state.neon.port);
  await using session = await sessionThrough(line);
  line.holdAnswers(3 * padding.length);
  const [before, failed, after] = await Promise.allSettled([
    session.one(`select $1::int as number /* ${padding} */`, [1]),
    session.query(`select 1 / $1::int /* ${padding} */`, [0]),
    session.one(`select $1::int as number /* ${padding} */`, [3]),
  ]);
  expect([before, after]).toMatchObject([{ value: { number: 1 } }, { value: { number: 3 } }]);
  expect(failed).toMatchObject({ reason: { code: "SOURCE_QUERY_FAILED" } });
});

test("a script waits for earlier statements, and later statements wait for it", async () => {
  await using line = await tcpProxy(testSandbox().state.neon.port);
  await using session = await sessionThrough(line);
  const ended: string[] = [];
  const note = (name: string) => () => void ended.push(name);
  let statements = 0;
  await Promise.all([
    session.query("select pg_catalog.pg_sleep(0.2)").then(note("earlier")),
    session.script("select 1; select 2; select 3", () => (statements += 1)).then(note("script")),
    session.query("select 1").then(note("later")),
  ]);
  expect(ended).toEqual(["earlier", "script", "later"]);
  // Only its own statements count.
  expect(statements).toBe(3);
});
