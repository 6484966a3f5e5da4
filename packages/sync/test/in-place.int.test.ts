/**
 * The in-place method: one transaction empties the target, fills it and verifies it. Whatever fails, the target is unchanged, and the next run
 * succeeds.
 */
import { writeFile } from "node:fs/promises";
import { openSession, type Session } from "@pilot-light/core/postgres/session";
import { createPair, sides, type Pair, type Seed, type Side } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { beginTransaction, commit } from "@pilot-light/sync/transaction";
import { describe, expect, test } from "vitest";
import { roleOnRds } from "./roles.ts";
import { processesOf, until } from "./processes.ts";
import { runStalled } from "./dead-lines.ts";
import {
  contentOf,
  databasesOf,
  documentOf,
  endpointOf,
  errorOf,
  keysOf,
  leftFiles,
  sync,
} from "./support.ts";
import { expectRefusal, footprint, textFile } from "./untouched.ts";

const runTo = {
  neon: ["rds-to-neon", "--in-place", "--yes", "--verbose"],
  rds: ["neon-to-rds", "--in-place", "--yes", "--verbose"],
} as const;
const run = runTo.rds;

/** The next run succeeds, and leaves nothing. */
async function syncsAgain(pair: Pair, target: Side = "rds"): Promise<void> {
  const next = await sync(pair, runTo[target]);
  expect(next.exitCode, next.stderr).toBe(0);
  expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  expect(await databasesOf(pair, target)).toEqual([pair[target].database]);
  expect(await leftFiles(pair)).toEqual([]);
  await until(async () => (await processesOf(pair)).length === 0);
}

describe.concurrent("the target is equal to the source", () => {
  for (const { direction, neon, rds } of [
    { direction: "neon-to-rds", neon: "awkward", rds: "stale" },
    { direction: "neon-to-rds", neon: "app", rds: "awkward" },
    { direction: "rds-to-neon", neon: "awkward", rds: "app" },
    { direction: "rds-to-neon", neon: "app", rds: "awkward" },
  ] as const) {
    test(`${direction}, from ${neon} and ${rds}, and the hint returns to what it was`, async () => {
      await using pair = await createPair(testSandbox(), { neon, rds, rdsBypassRls: true });
      const target = direction === "neon-to-rds" ? "rds" : "neon";
      const source = target === "rds" ? "neon" : "rds";
      const before = await contentOf(pair, target);
      const done = await sync(pair, [direction, "--in-place", "--yes", "--json", "--allow-shrink"]);
      expect(done.exitCode, done.stderr + done.stdout).toBe(0);
      const { plan, result } = documentOf(done);
      expect(result).toMatchObject({ previous: null });
      expect(plan.mode.name).toBe("in-place");
      expect(await contentOf(pair, target)).toBe(await contentOf(pair, source));
      expect(await databasesOf(pair, target)).toEqual([pair[target].database]);
      expect(await leftFiles(pair)).toEqual([]);
      expect(await keysOf(pair)).toHaveLength(4);

      const refused = await sync(pair, ["undo", target, "--yes", "--json"]);
      expect(errorOf(refused)).toMatchObject({ code: "UNDO_IN_PLACE", exit: 4, state: "nothing-written" });
      const [, wayBack = ""] = /pnpm sync (restore .*)$/.exec(errorOf(refused).hint) ?? [];
      const back = await sync(pair, [...wayBack.split(" "), "--yes", "--json", "--allow-shrink"]);
      expect(back.exitCode, back.stderr + back.stdout).toBe(0);
      expect(await contentOf(pair, target)).toBe(before);
    });
  }
});

describe.concurrent("a role on the target that may not create databases", () => {
  test("is refused in the staged method, with the command of the in-place method, which succeeds", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    await using limited = await roleOnRds(pair, "limited", `nocreatedb in role ${pair.rds.role}`);
    const before = await footprint(pair);
    const says = ["pnpm sync neon-to-rds --in-place"];
    await expectRefusal(
      pair,
      before,
      ["neon-to-rds", "--yes"],
      { exit: 4, code: "NO_CREATEDB", says },
      limited,
    );
    const planned = await sync(pair, ["neon-to-rds", "--in-place", "--dry-run"], limited);
    expect(planned.exitCode, planned.stderr).toBe(0);
    expect(planned.stderr).toContain(`the role ${limited.role} may not create databases`);
    expect(planned.stderr.replaceAll(/\s+/g, " ")).toContain("ACCESS EXCLUSIVE");
    expect(await footprint(pair)).toEqual(before);
    const done = await sync(pair, run, limited);
    expect(done.exitCode, done.stderr).toBe(0);
    expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  });

  test("and does not own the database, is refused with the missing privileges, and succeeds with them", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    await using member = await roleOnRds(pair, "member", `nocreatedb in role ${pair.rds.role}`);
    await using owner = await roleOnRds(pair, "owner", "");
    const { database, role } = pair.rds;
    await pair.query("rds", `alter database ${database} owner to ${owner.role}`);
    await pair.query("rds", `alter table public.old_leads owner to ${owner.role}`);
    await pair.query("rds", `revoke temporary on database ${database} from public`);
    await pair.query("rds", `grant create on schema public to ${role}`);
    // The backup reads these objects.
    await pair.query("rds", `grant select on public.old_leads, public.old_leads_id_seq to ${role}`);
    const before = await footprint(pair);
    const lacks = {
      exit: 4,
      code: "CANNOT_EMPTY",
      says: ["table public.old_leads", `grant "${owner.role}" to "${member.role}";`, /CREATE AND TEMPORARY/],
    };
    await expectRefusal(pair, before, run, lacks, member);
    await pair.query("rds", `alter table public.old_leads owner to ${role}`);
    await pair.query("rds", `grant create, temporary on database ${database} to ${member.role}`);
    const script = await textFile(pair, "update users set email = 'x' || id");
    const marked = {
      exit: 4,
      code: "MARK_NEEDS_OWNER",
      says: [`grant "${owner.role}" to "${member.role}";`],
    };
    await expectRefusal(pair, await footprint(pair), [...run, "--after-restore", script], marked, member);
    const done = await sync(pair, run, member);
    expect(done.exitCode, done.stderr).toBe(0);
    await pair.query("rds", `alter database ${database} owner to ${role}`);
    await pair.query("rds", `revoke all on database ${database} from ${member.role}`);
    expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  });
});

test.concurrent(
  "a publication of the target that names tables is refused, and a publication for all tables is kept",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    await pair.query("rds", "create publication named for table public.tags");
    const before = await footprint(pair);
    const named = { exit: 4, code: "PUBLICATIONS_NAME_TABLES", says: ["named", 'drop publication "named";'] };
    await expectRefusal(pair, before, run, named);
    await pair.query("rds", "drop publication named");
    await pair.query("rds", "create publication everything for all tables");
    const done = await sync(pair, run);
    expect(done.exitCode, done.stderr).toBe(0);
    expect(await pair.query("rds", "select pubname from pg_publication")).toEqual([
      { pubname: "everything" },
    ]);
  },
);

/**
 * The steps at which a sync and a restore are killed, and the target of the sync; the restore has the other one. Both run the same steps, so that
 * each step is killed on both targets. The COMMIT decides, so both are killed there on both.
 */
const kills: readonly { step: string; when: RegExp; targets: readonly Side[] }[] = [
  { step: "the dump of the target", when: /\$ \S*pg_dump .*target\.dump/, targets: ["rds"] },
  { step: "the restore", when: /\$ \S*pg_restore .*in-place\.list/, targets: ["neon"] },
  { step: "the verification", when: /\$ \S*pg_dump .*--schema-only/, targets: ["rds"] },
  { step: "the settings", when: /^ {2}archive /m, targets: ["neon"] },
  { step: "the commit", when: /^ {2}settings /m, targets: sides },
];

/** Runs a command, and kills it once its output matches. */
async function kill(pair: Pair, args: readonly string[], when: RegExp): Promise<void> {
  let printed = "";
  const { exitCode } = await sync(pair, args, {
    onStderr: (text, child) => {
      printed += text;
      if (when.test(printed)) child.kill("SIGKILL");
    },
  });
  expect(exitCode, printed).toBe(-1);
}

describe.concurrent("a sync that is killed during", () => {
  // The dump of the source is the only step that a restore does not have.
  const ofSource = { step: "the dump", when: /\$ \S*pg_dump .*source\.dump/, targets: sides };
  for (const { step, when, targets } of [ofSource, ...kills]) {
    for (const target of targets) {
      test(`${step}, the target ${target} has all of its contents, and the next run succeeds`, async () => {
        const source = target === "rds" ? "neon" : "rds";
        const seeds = { [source]: "app", [target]: "stale" } as Record<Side, Seed>;
        await using pair = await createPair(testSandbox(), seeds);
        const contents = [await contentOf(pair, target)];
        // Nobody can stop the process between its COMMIT and the answer of the server.
        if (step === "the commit") contents.push(await contentOf(pair, source));
        await kill(pair, runTo[target], when);
        expect(contents).toContain(await contentOf(pair, target));
        await syncsAgain(pair, target);
      });
    }
  }
});

test.concurrent(
  "a restore that is killed at any step leaves the target unchanged, and the next one succeeds",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const previous = await contentOf(pair, "rds");
    const { plan } = documentOf(await sync(pair, ["neon-to-rds", "--in-place", "--yes", "--json"]));
    // Both dumps are restored to each target in turn, so that each restore changes the target.
    const dumps = [
      { key: plan.archive, content: await contentOf(pair, "rds") },
      { key: plan.backup ?? "", content: previous },
    ] as const;
    const restored: Record<Side, number> = { neon: 0, rds: 0 };
    const other = { neon: "rds", rds: "neon" } as const;
    const both = kills.map((each) => ({ ...each, targets: each.targets.map((target) => other[target]) }));
    for (const { step, when, targets } of [
      // Only a restore has these two steps.
      { step: "the check of the dump", when: /^ {2}download /m, targets: ["rds"] as const },
      { step: "the plan", when: /^ {2}check /m, targets: ["neon"] as const },
      ...both,
    ]) {
      for (const target of targets) {
        const what = `${step}, to ${target}`;
        const [before, after] = restored[target] % 2 === 0 ? dumps : [dumps[1], dumps[0]];
        const flags = ["--in-place", "--yes", "--verbose", "--allow-shrink"];
        const restore = ["restore", after.key, "--to", target, ...flags];
        await kill(pair, restore, when);
        // Nobody can stop the process between its COMMIT and the answer of the server.
        const possible = step === "the commit" ? [before.content, after.content] : [before.content];
        expect(possible, what).toContain(await contentOf(pair, target));
        const next = await sync(pair, restore);
        expect(next.exitCode, `${what}: ${next.stderr}`).toBe(0);
        expect(await contentOf(pair, target), what).toBe(after.content);
        expect(await databasesOf(pair, target)).toEqual([pair[target].database]);
        expect(await leftFiles(pair)).toEqual([]);
        restored[target] += 1;
      }
    }
    await until(async () => (await processesOf(pair)).length === 0);
  },
);

describe.concurrent("a failure leaves the target unchanged:", () => {
  const failsWith = async (
    change: readonly string[],
    { code, words = [], args = [] }: { code: string; words?: readonly string[]; args?: readonly string[] },
  ) => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    await using owner = await pair.connect("neon", "owner");
    for (const sql of change) await owner.client.query(sql);
    const before = await footprint(pair);
    const failed = await sync(pair, [...run, "--json", ...args]);
    const error = errorOf(failed);
    expect(error, error.message).toMatchObject({ code, state: "target-unchanged" });
    const text = [error.message, ...error.details].join("\n");
    for (const word of words) expect(text).toContain(word);
    expect(await footprint(pair)).toEqual(before);
    expect(await leftFiles(pair)).toEqual([]);
  };

  test("a statement of the dump", async () => {
    await failsWith(
      [
        "create function public.bad(n int) returns int immutable language plpgsql as 'begin return n + (select count(*) from tags); end'",
        "create index on public.projects (public.bad(id::int))",
      ],
      { code: "RESTORE_FAILED", words: ['relation "tags" does not exist'] },
    );
  });

  test("the verification", async () => {
    await failsWith(
      [
        "create function public.moment(n int) returns text immutable language sql as 'select clock_timestamp()::text'",
        "create table public.moments (n int, at text generated always as (public.moment(n)) stored)",
        "insert into public.moments values (1)",
      ],
      { code: "VERIFICATION_FAILED", words: ["public.moments"] },
    );
  });

  for (const { what, text, code } of [
    {
      what: "a script with COMMIT",
      text: "update users set email = 'x' || id || '@example.com'; commit;",
      code: "SCRIPT_ENDS_TRANSACTION",
    },
    {
      what: "a script with ROLLBACK, whose other statements would change the target",
      text: "rollback; update public.users set email = 'x' || id || '@example.com';",
      code: "SCRIPT_ENDS_TRANSACTION",
    },
    { what: "a statement of the script", text: "update nothing set email = 'x';", code: "SCRIPT_FAILED" },
    {
      what: "a constraint that the script violates, and that is deferred",
      text: "create table t (n int unique deferrable initially deferred); insert into t values (1), (1);",
      code: "SCRIPT_FAILED",
    },
  ]) {
    test(what, async () => {
      await using file = await createPair(testSandbox(), { neon: "empty", rds: "empty" });
      const path = await textFile(file, text);
      await failsWith([], { code, args: ["--after-restore", path] });
    });
  }
});

test.concurrent(
  "a script changes the copy inside of the transaction, and the mark is committed with it",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const path = await textFile(pair, "");
    // pg_restore and pg_dump, which ran in the same session before, have not changed its limits.
    const limits = "current_setting('lock_timeout') || current_setting('default_transaction_read_only')";
    await writeFile(
      path,
      `do $$ begin assert ${limits} = '10son', ${limits}; end $$;
       update users set email = 'user' || id || '@example.com';`,
    );
    const done = await sync(pair, [...run, "--after-restore", path]);
    expect(done.exitCode, done.stderr).toBe(0);
    const [row] = await pair.query(
      "rds",
      "select count(*)::int as n from users where email like 'user%@example.com'",
    );
    expect(row).toEqual({ n: 60 });
    const refused = await sync(pair, ["rds-to-neon", "--dry-run", "--json"]);
    expect(errorOf(refused).code).toBe("CHANGED_COPY");
    // The backup is not of a changed copy. After its restore, the database is not a changed copy either.
    const back = await sync(pair, [...wayBackOf(done.stderr), "--yes"]);
    expect(back.exitCode, back.stderr).toBe(0);
    const allowed = await sync(pair, ["rds-to-neon", "--dry-run", "--json", "--allow-shrink"]);
    expect(allowed.exitCode, allowed.stdout).toBe(0);
  },
);

/** The command of the line "to undo". */
function wayBackOf(printed: string): string[] {
  return (/to undo\s+pnpm sync (.*)/.exec(printed)?.[1] ?? "").split(" ");
}

test.concurrent("a session that holds a lock is named, and the target is unchanged", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  const before = await footprint(pair);
  {
    await using reader = await pair.connect("rds", "owner");
    await reader.client.query("set application_name = 'a report'; begin; select from public.tags");
    const { rows } = await reader.client.query<{ pid: number }>("select pg_backend_pid() as pid");
    const failed = await sync(pair, [...run, "--json"]);
    expect(errorOf(failed)).toMatchObject({ code: "TABLE_LOCKED", exit: 6, state: "target-unchanged" });
    expect(errorOf(failed).details.join("\n")).toContain(`held by session ${rows[0]?.pid ?? 0}`);
    await reader.client.query("rollback");
  }
  expect(await footprint(pair)).toEqual(before);
  await syncsAgain(pair);
});

test.concurrent("a line that stops during the restore", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  const before = await footprint(pair);
  const stalled = await runStalled(
    pair,
    {
      args: run,
      stop: async ({ printed, rds }) => {
        await printed(/\$ \S*pg_restore .*in-place\.list/);
        rds.stall();
      },
    },
    { env: { PILOT_LIGHT_STALL_SECONDS: "3" } },
  );
  expect(stalled.exitCode, stalled.stderr).toBe(6);
  expect(stalled.stderr).toMatch(/CONNECTION_STALLED|RESTORE_FAILED/);
  expect(stalled.stderr).toContain("The target is unchanged.");
  expect(await footprint(pair)).toEqual(before);
  await syncsAgain(pair);
});

describe.concurrent("if the answer to COMMIT is lost,", () => {
  /**
   * A session that loses its connection before the server gets the COMMIT, or after it has answered.
   * @param how `fatal`: with an error that has an SQLSTATE, such as that of a proxy which has lost the server
   */
  function losing(session: Session, when: "before" | "after", how: "silent" | "fatal" = "silent"): Session {
    const query = async (sql: string, values?: readonly unknown[]) => {
      const isCommit = sql === "commit";
      if (!isCommit || when === "after") await session.query(sql, values);
      if (!isCommit) return [];
      if (how === "fatal") return await session.query("select pg_terminate_backend(pg_backend_pid())");
      await session[Symbol.asyncDispose]();
      throw new Error("the connection was lost");
    };
    return new Proxy(session, {
      get: (of, name): unknown => (name === "query" ? query : Reflect.get(of, name, of)),
    });
  }

  for (const { when, target, how } of [
    { when: "after", target: "replaced", how: "silent" },
    { when: "before", target: "unchanged", how: "silent" },
    { when: "after", target: "replaced", how: "fatal" },
    { when: "before", target: "unchanged", how: "fatal" },
  ] as const) {
    test(`${when} the server has got it (${how}): the target is ${target}`, async () => {
      await using pair = await createPair(testSandbox(), { neon: "empty", rds: "empty" });
      const endpoint = endpointOf(pair, "rds");
      const session = await openSession(endpoint, { failure: "target" });
      const id = await beginTransaction(session);
      await session.query("create table public.new (n int)");
      const reopen = () => openSession(endpoint, { failure: "target" });
      const request = { id, database: pair.rds.database, backup: "s3://b/k", reopen };
      const ended = await commit(losing(session, when, how), request, new AbortController().signal);
      expect(ended).toMatchObject({ target });
      const found = await pair.query("rds", "select to_regclass('public.new') is not null as exists");
      expect(found).toEqual([{ exists: target === "replaced" }]);
    });
  }

  test("and the server does not answer, the outcome is unknown, and the error names the query that shows it", async () => {
    await using pair = await createPair(testSandbox(), { neon: "empty", rds: "empty" });
    const session = await openSession(endpointOf(pair, "rds"), { failure: "target" });
    const id = await beginTransaction(session);
    const request = {
      id,
      database: pair.rds.database,
      backup: "s3://b/rds-dumps/k",
      reopen: () => Promise.reject(new Error("no answer")),
    };
    const interrupted = AbortSignal.abort(new Error("interrupted"));
    const ended = await commit(losing(session, "after"), request, interrupted);
    expect(ended).toMatchObject({
      target: "unknown",
      error: { code: "COMMIT_UNKNOWN", state: "unknown" },
    });
    expect((ended as { error: { details: string[] } }).error.details.join("\n")).toContain(
      `select pg_xact_status('${id}');`,
    );
  });
});

describe.concurrent("what another session commits just before the DROP is not lost:", () => {
  const other = {
    made: `create type public.mood as enum ('sad'); create view public.v as select 1 as a; create sequence public.s;
      create function public.f() returns int language sql as 'select 1'; create materialized view public.m as select 1 as a`,
    changed: [
      "create temporary table own (n int)",
      "refresh materialized view public.m",
      "alter type public.mood add value 'late'",
      "create or replace view public.v as select 2 as a",
      "create or replace function public.f() returns int language sql as 'select (1)'",
      "alter sequence public.s increment 5",
      "grant select on public.tags to app_reader",
      "create domain public.late as int",
    ],
  };
  for (const { what, made = "", sql, named, remains } of [
    {
      what: "a table with rows",
      sql: ["create table public.late as select 1 as n"],
      named: ["table public.late"],
      remains: "exists (select 1 from public.late where n = 1)",
    },
    {
      what: "a large object",
      sql: ["select lo_from_bytea(4711, 'late')"],
      named: ["large object 4711", "large objects"],
      remains: "lo_get(4711) = 'late'",
    },
    {
      what: "other objects, of which a temporary table and a refreshed view do not count",
      made: other.made,
      sql: other.changed,
      named: [
        "function public.f()",
        "sequence public.s",
        "table public.tags",
        "type public.late",
        "type public.mood",
        "view public.v",
      ],
      remains: `'late' = any (enum_range(null::public.mood)::text[]) and (select a from public.v) = 2
        and 2::public.late = 2 and has_table_privilege('app_reader', 'public.tags', 'select')`,
    },
  ]) {
    test(what, async () => {
      await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
      const { database, role } = pair.rds;
      await pair.query("rds", `set role ${role}; create schema extra; ${made}; reset role`);
      await pair.query(
        "rds",
        `create function pg_catalog.${database}_wait() returns event_trigger language plpgsql as $$ begin perform pg_catalog.pg_advisory_lock(4711); end $$`,
      );
      // The schema is dropped first, before the list of the tables is read.
      await pair.query(
        "rds",
        `create event trigger ${database}_wait on ddl_command_start when tag in ('DROP SCHEMA') execute function pg_catalog.${database}_wait()`,
      );
      await using holder = await pair.connect("rds", "owner");
      await holder.client.query("select pg_advisory_lock(4711)");
      const syncing = sync(pair, [...run, "--json"]);
      await until(async () => {
        const waiting = await pair.query(
          "rds",
          "select 1 from pg_locks where locktype = 'advisory' and objid = 4711 and not granted and database = (select oid from pg_database where datname = current_database())",
        );
        return waiting.length > 0;
      });
      for (const statement of sql) await holder.client.query(statement);
      await holder.client.query("select pg_advisory_unlock(4711)");
      const transcript = await syncing;
      expect(transcript.exitCode, transcript.stdout + transcript.stderr).toBe(6);
      expect(errorOf(transcript)).toMatchObject({ code: "TARGET_CHANGED", state: "target-unchanged" });
      expect(errorOf(transcript).details).toEqual(named);
      expect(await pair.query("rds", `select ${remains} as remains`)).toEqual([{ remains: true }]);
    });
  }
});
