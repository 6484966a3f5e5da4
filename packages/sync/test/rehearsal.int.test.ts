/** A pg_dump whose statements are replayed writes the same archive as one that waits for each answer. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { processEnvironment } from "@pilot-light/core/config/env";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import { libpqEnvironment } from "@pilot-light/core/postgres/libpq";
import { withOwnConnection } from "@pilot-light/core/postgres/program-socket";
import { Answer, type Statements } from "@pilot-light/core/postgres/relay";
import { Recording, replay } from "@pilot-light/core/postgres/replay";
import { openSession } from "@pilot-light/core/postgres/session";
import { createPair, type Pair, type Seed } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { dumpSchema } from "@pilot-light/sync/testing";
import { describe, expect, test } from "vitest";
import { clientPrograms } from "./support.ts";

/** Dumps the source of a pair, plainly or through a connection with statements. */
async function opened(pair: Pair) {
  const { hostname, port, username, password } = new URL(pair.neon.adminUrl);
  const endpoint: Endpoint = {
    system: "neon",
    host: hostname,
    port: Number(port),
    database: pair.neon.database,
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    tls: { mode: "disable" },
    notes: [],
  };
  const directory = await mkdtemp(join(tmpdir(), "pilot-light-rehearsal-"));
  const programs = await clientPrograms();
  const plain = await libpqEnvironment(endpoint, directory, { PATH: processEnvironment().PATH });
  const dump = async (environment = plain) => {
    const file = join(directory, "schema");
    const request = { system: endpoint.system, endpoint, programs, database: endpoint.database, file };
    return (await dumpSchema({ ...request, environment })).entries;
  };
  const dumpWith = async (statements: Statements) => {
    await using session = await openSession(endpoint, { failure: "target" });
    return await withOwnConnection(session, { directory, environment: plain }, statements, dump);
  };
  return { dump, dumpWith, [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) };
}

/** Counts the statements that the server gets after the recorded ones. */
function counting(statements: Statements): { statements: Statements; late: () => number } {
  let late = 0;
  return {
    statements: {
      ...statements,
      answer: (statement, ask) =>
        statements.answer(statement, (sent): Answer => {
          late += 1;
          return ask(sent);
        }),
    },
    late: () => late,
  };
}

describe.concurrent("the archive is the same with and without replayed statements", () => {
  for (const seed of ["app", "awkward", "stale"] satisfies Seed[]) {
    test(`of ${seed}, also after the rehearsal has ended early, and with objects that are newer`, async () => {
      await using pair = await createPair(testSandbox(), { neon: seed, rds: "empty" });
      await using place = await opened(pair);
      const recording = new Recording();
      const plain = await place.dump();
      expect(await place.dumpWith(recording)).toEqual(plain);
      const { statements } = recording;
      expect(statements.length).toBeGreaterThan(20);

      const all = counting(replay(statements));
      expect(await place.dumpWith(all.statements)).toEqual(plain);
      expect(all.late()).toBe(0);

      const half = counting(replay(statements.slice(0, statements.length / 2)));
      expect(await place.dumpWith(half.statements)).toEqual(plain);
      expect(half.late()).toBe(statements.length - Math.floor(statements.length / 2));

      await using owner = await pair.connect("neon", "owner");
      await owner.client.query(
        "create table public.newer (n int primary key, m int check (m > 0)); create index on public.newer (m)",
      );
      const newer = counting(replay(statements));
      const found = await place.dumpWith(newer.statements);
      expect(found).toEqual(await place.dump());
      expect(found).not.toEqual(plain);
      expect(newer.late()).toBeGreaterThan(0);
    });
  }
});

test("if a replayed statement fails, pg_dump fails", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "empty" });
  await using owner = await pair.connect("neon", "owner");
  await owner.client.query("create table public.short_lived (n int)");
  await using place = await opened(pair);
  const recording = new Recording();
  await place.dumpWith(recording);
  await owner.client.query("drop table public.short_lived");
  await expect(place.dumpWith(replay(recording.statements))).rejects.toMatchObject({ code: "DUMP_FAILED" });
});
