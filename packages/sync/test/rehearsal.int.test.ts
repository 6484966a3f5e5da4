/** A pg_dump whose statements are replayed writes the same archive as one that waits for each answer, and a sync survives without the replay. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { processEnvironment } from "@pilot-light/core/config/env";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import { libpqEnvironment } from "@pilot-light/core/postgres/libpq";
import { withOwnConnection } from "@pilot-light/core/postgres/program-socket";
import type { Answer, Statements } from "@pilot-light/core/postgres/relay";
import { Recording, replay } from "@pilot-light/core/postgres/replay";
import { openSession } from "@pilot-light/core/postgres/session";
import { createPair, type Pair, type Seed } from "@pilot-light/sandbox/testing";
import { tcpProxy } from "@pilot-light/sandbox/postgres/tcp-proxy";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { dumpSchema } from "@pilot-light/sync/testing";
import { describe, expect, test } from "vitest";
import { until } from "./processes.ts";
import { clientPrograms, contentOf, databasesOf, sync, type SyncCall, type Transcript } from "./support.ts";
import { superuserOnRds } from "./untouched.ts";

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

/** A port whose bytes arrive late, in both directions. */
async function slowPort(upstream: number, milliseconds: number) {
  const sockets: Socket[] = [];
  const carry = (from: Socket, to: Socket) => {
    sockets.push(from);
    from.on("error", () => undefined);
    from.on("data", (bytes) => setTimeout(() => to.write(bytes), milliseconds));
    from.on("close", () => setTimeout(() => to.destroy(), milliseconds));
  };
  const server = createServer((near) => {
    const far = connect(upstream, "127.0.0.1");
    carry(near, far);
    carry(far, near);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

const schemaDumps = (text: string) => text.match(/\$ \S*pg_dump .*--schema-only/g)?.length ?? 0;

/**
 * Syncs over a slow line to RDS.
 * @param meanwhile runs beside the sync; `stall` stops the line
 */
async function syncSlowly(
  pair: Pair,
  meanwhile: (running: { printed: () => string; stall: () => void }) => Promise<void>,
  env: SyncCall["env"] = {},
): Promise<Transcript> {
  await using slow = await slowPort(testSandbox().state.rds.port, 20);
  await using line = await tcpProxy(slow.port);
  let text = "";
  const beside = meanwhile({ printed: () => text, stall: () => line.stall() });
  const transcript = await sync(pair, ["neon-to-rds", "--yes", "--verbose", "--no-target-backup"], {
    env: { RDS_HOSTADDR: `127.0.0.1:${line.port}`, ...env },
    onStderr: (more) => (text += more),
  });
  await beside;
  return transcript;
}

describe.concurrent("over a slow line", () => {
  test("the definitions are dumped twice, and the target is equal to the source", async () => {
    await using pair = await createPair(testSandbox(), { neon: "awkward", rds: "stale" });
    const done = await syncSlowly(pair, () => Promise.resolve());
    expect(done.exitCode, done.stderr).toBe(0);
    expect(schemaDumps(done.stderr)).toBe(2);
    expect(done.stderr).not.toContain("pg_dump runs again");
    expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  });

  test("if the connection of the replay is lost, pg_dump runs again, and the sync succeeds", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const done = await syncSlowly(pair, async ({ printed }) => {
      await until(() => schemaDumps(printed()) === 1);
      const staging = (await databasesOf(pair, "rds")).find((name) => name.includes("__pl_staging_")) ?? "";
      await using session = await superuserOnRds(staging);
      // A transaction sees the sessions as they were when it looked first.
      await using asking = await superuserOnRds("postgres");
      // pg_dump reads this catalog, and the restore does not. The lock is granted when the rehearsal has ended, at the latest.
      await session.client.query("begin; lock pg_transform in access exclusive mode");
      await until(() => schemaDumps(printed()) === 2);
      const end = `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = $1 and application_name ~ '^pilot-light [0-9a-f]{8}$' and wait_event_type = 'Lock'`;
      await until(async () => (await asking.client.query(end, [staging])).rowCount !== 0);
      await session.client.query("rollback");
    });
    expect(done.exitCode, done.stderr).toBe(0);
    expect(done.stderr).toContain("pg_dump runs again");
    expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  });

  test("a line that stops during the replay ends the sync", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const stopped = await syncSlowly(
      pair,
      async ({ printed, stall }) => {
        await until(() => schemaDumps(printed()) === 2);
        stall();
      },
      { PILOT_LIGHT_STALL_SECONDS: "3" },
    );
    expect(stopped.exitCode, stopped.stderr).toBe(6);
    expect(stopped.stderr).toContain("exit 6, CONNECTION_STALLED");
    expect(stopped.stderr).toContain("The target is unchanged.");
  });
});
