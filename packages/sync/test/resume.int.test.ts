/** `pnpm sync --resume`: if a sync is killed at any step after its dump was complete, the next run restores the dump and does not read the source. */
import { freePort } from "@pilot-light/sandbox/ports";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { expect, test } from "vitest";
import { signalWhen, until } from "./processes.ts";
import { awsProxy } from "./proxies.ts";
import { roleOnRds } from "./roles.ts";
import {
  contentOf,
  databasesOf,
  documentOf,
  errorOf,
  keysOf,
  sync,
  type SyncCall,
  type Transcript,
} from "./support.ts";
import { expectRefusal, footprint, isOpen, superuserOnRds, textFile } from "./untouched.ts";

const hasDraft = async (pair: Pair) => (await keysOf(pair)).some((key) => key.endsWith(".draft.json"));

/** Runs a sync that is killed once its dump is complete and a condition holds. */
async function killed(
  pair: Pair,
  args: readonly string[],
  reached: () => Promise<boolean> = () => Promise.resolve(true),
  call: SyncCall = {},
): Promise<void> {
  const { exitCode } = await sync(pair, [...args, "--yes"], {
    ...call,
    onStart: signalWhen(async () => (await hasDraft(pair)) && (await reached()), "SIGKILL"),
  });
  expect(exitCode).toBe(-1);
}

/** Resumes a sync while the source is out of reach. */
async function resume(pair: Pair, direction: string, ...args: readonly string[]): Promise<Transcript> {
  const env =
    direction === "neon-to-rds"
      ? { NEON_DATABASE_URL: undefined }
      : { RDS_HOSTADDR: `127.0.0.1:${await freePort()}` };
  return await sync(pair, [direction, "--resume", "--json", ...args], { env });
}

/** Writes rows that the copy must not have. */
async function writeMore(pair: Pair, side: "neon" | "rds"): Promise<void> {
  await pair.query(
    side,
    "insert into public.settings (key, value) values (gen_random_uuid()::text, '\"later\"')",
  );
}

async function expectResumed(pair: Pair, transcript: Transcript): Promise<void> {
  expect(transcript.exitCode, transcript.stdout + transcript.stderr).toBe(0);
  expect(transcript.stdout).toContain('"outcome": "resumed"');
  expect(await hasDraft(pair)).toBe(false);
  expect(transcript.stderr).not.toMatch(/^ {2}dump /m);
}

test.concurrent(
  "a sync to RDS that was killed after its dump resumes without its source, from each step",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const before = await footprint(pair);
    const none = { exit: 4, code: "NO_DUMP_TO_RESUME", says: ["pnpm sync neon-to-rds"] };
    await expectRefusal(pair, before, ["neon-to-rds", "--yes", "--resume"], none);

    // During the restore.
    const first = await contentOf(pair, "neon");
    await killed(pair, ["neon-to-rds"]);
    await writeMore(pair, "neon");
    const left = await footprint(pair);
    const plain = await sync(pair, ["neon-to-rds", "--dry-run", "--json"]);
    expect(documentOf(plain).plan.notes[0]).toMatch(
      /^an interrupted sync had finished the upload of its dump of .*: {2}pnpm sync neon-to-rds --resume$/,
    );
    const listed = await sync(pair, ["dumps", "list"]);
    expect(listed.stderr).toContain("INCOMPLETE");
    const planned = await resume(pair, "neon-to-rds", "--dry-run");
    expect(planned.stdout).toContain('"outcome": "resume-planned"');
    expect(planned.stdout).toContain("the copy lacks what was written to neon since then");
    expect(await footprint(pair)).toEqual(left);
    await expectResumed(pair, await resume(pair, "neon-to-rds", "--yes"));
    expect(await contentOf(pair, "rds")).toBe(first);
    expect(await databasesOf(pair, "rds")).toHaveLength(2);
    // The dump has a manifest now, and counts like any other.
    const verified = await sync(pair, ["dumps", "verify", "latest"]);
    expect(verified.exitCode, verified.stderr).toBe(0);
    const compared = await sync(pair, ["compare", "--with", "latest", "--system", "rds"]);
    expect(compared.exitCode, compared.stderr).toBe(0);

    // During a script: the same script is needed again.
    const second = await contentOf(pair, "neon");
    const role = `hold_${pair.rds.database}`;
    await using maintenance = await superuserOnRds("postgres");
    await maintenance.client.query(`create role ${role}`);
    const script = await textFile(
      pair,
      `do $$ begin while exists (select from pg_roles where rolname = '${role}') loop perform pg_sleep(0.1); end loop; end $$`,
    );
    const masked = ["neon-to-rds", "--after-restore", script];
    const runs = "select from pg_stat_activity where query like $1";
    await killed(
      pair,
      masked,
      async () => (await maintenance.client.query(runs, [`do $$%${role}%`])).rowCount !== 0,
    );
    await maintenance.client.query(`drop role ${role}`);
    await writeMore(pair, "neon");
    const unmasked = await resume(pair, "neon-to-rds", "--yes");
    expect(errorOf(unmasked)).toMatchObject({ code: "RESUME_WITHOUT_SCRIPT", state: "nothing-written" });
    await expectResumed(pair, await resume(pair, "neon-to-rds", "--yes", "--after-restore", script));
    const comment = await pair.query(
      "rds",
      "select shobj_description(oid, 'pg_database') as c from pg_database",
    );
    expect(JSON.stringify(comment)).toContain("changed copy");
    expect(await contentOf(pair, "rds")).toBe(second);

    // During the swap: the sync may not end the session of a superuser, so the rename waits.
    const third = await contentOf(pair, "neon");
    {
      await using stubborn = await superuserOnRds(pair.rds.database);
      await killed(pair, ["neon-to-rds"], async () => !(await isOpen(pair.rds.database)));
      // After the kill, the server continues the rename that it has begun. The rename must fail while the session still prevents it.
      const running = `select from pg_stat_activity where application_name = 'pilot-light' and datname = 'postgres' and strpos(query, $1) > 0`;
      await until(async () => (await stubborn.client.query(running, [pair.rds.database])).rowCount === 0);
    }
    await writeMore(pair, "neon");
    const closed = await sync(pair, ["neon-to-rds", "--dry-run", "--json"]);
    expect(errorOf(closed)).toMatchObject({ code: "SYNC_INTERRUPTED" });
    expect(errorOf(closed).hint).toContain("pnpm sync neon-to-rds --resume");
    await expectResumed(pair, await resume(pair, "neon-to-rds", "--yes"));
    expect(await contentOf(pair, "rds")).toBe(third);

    // After the swap, before the manifest: there is nothing to do.
    const fourth = await contentOf(pair, "neon");
    let isWriting = false;
    const never = new Promise<undefined>(() => undefined);
    {
      await using aws = await awsProxy(pair, ({ method, path }) => {
        if (method !== "PUT" || !/neon-dumps\/.*\.manifest\.json/.test(path)) return undefined;
        isWriting = true;
        return never;
      });
      const env = { AWS_ENDPOINT_URL: aws.url };
      await killed(pair, ["neon-to-rds"], () => Promise.resolve(isWriting), { env });
    }
    expect(await contentOf(pair, "rds")).toBe(fourth);
    const done = await footprint(pair);
    const replaced = { exit: 4, code: "RESUME_REPLACED", says: [pair.rds.database, "pnpm sync neon-to-rds"] };
    await expectRefusal(pair, done, ["neon-to-rds", "--yes", "--resume"], replaced);
    // Another sync has replaced the target, so the dump can no longer be used.
    await sync(pair, ["neon-to-rds", "--yes"]);
    const later = await footprint(pair);
    const superseded = { exit: 4, code: "RESUME_SUPERSEDED", says: [pair.rds.database] };
    await expectRefusal(pair, later, ["neon-to-rds", "--yes", "--resume"], superseded);
  },
);

test.concurrent("a sync to Neon resumes although RDS is out of reach", async () => {
  await using pair = await createPair(testSandbox(), { neon: "stale", rds: "app" });
  const source = await contentOf(pair, "rds");
  await killed(pair, ["rds-to-neon"]);
  await writeMore(pair, "rds");
  const resumed = await resume(pair, "rds-to-neon", "--yes");
  await expectResumed(pair, resumed);
  expect(resumed.stdout).toContain("production reads neon, and will not have these rows");
  expect(await contentOf(pair, "neon")).toBe(source);
});

test.concurrent("a killed sync with filters resumes as a filtered copy", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  const filters = ["--schema", "public", "--exclude-table-data", "events"];
  await killed(pair, ["neon-to-rds", ...filters, "--allow-filtered"]);
  const before = await footprint(pair);
  const unallowed = await resume(pair, "neon-to-rds", "--yes");
  expect(errorOf(unallowed)).toMatchObject({ code: "TARGET_UNFILTERED", state: "nothing-written" });
  expect(await footprint(pair)).toEqual(before);
  await expectResumed(pair, await resume(pair, "neon-to-rds", "--yes", "--allow-filtered"));
  expect(await pair.query("rds", "select from public.events")).toEqual([]);
  expect(await pair.query("rds", "select from public.contacts")).not.toEqual([]);
  const back = errorOf(await sync(pair, ["rds-to-neon", "--dry-run", "--json"]));
  expect(back).toMatchObject({ code: "CHANGED_COPY" });
  expect(back.message).toContain("has only the schema public, and has no rows of events");
});

test.concurrent("nor after a restore in place by a role that may not mark the database", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  const first = documentOf(await sync(pair, ["neon-to-rds", "--yes", "--json"]));
  await killed(pair, ["neon-to-rds"]);
  const { database, role } = pair.rds;
  {
    await using member = await roleOnRds(pair, "member", `nocreatedb in role ${role}`);
    await using owner = await roleOnRds(pair, "owner", "");
    await pair.query("rds", `alter database ${database} owner to ${owner.role}`);
    await pair.query("rds", `grant create on schema public to ${role}`);
    await pair.query("rds", `grant create, temporary on database ${database} to ${member.role}`);
    const restore = [
      "restore",
      first.plan.backup ?? "",
      "--to",
      "rds",
      "--in-place",
      "--yes",
      "--allow-shrink",
    ];
    const restored = await sync(pair, restore, member);
    expect(restored.exitCode, restored.stderr).toBe(0);
    await pair.query("rds", `alter database ${database} owner to ${role}`);
    await pair.query("rds", `revoke all on database ${database} from ${member.role}`);
  }
  const [{ comment } = {}] = await pair.query(
    "rds",
    "select shobj_description(oid, 'pg_database') as comment from pg_database where datname = current_database()",
  );
  expect(String(comment)).not.toContain("in place");
  const superseded = { exit: 4, code: "RESUME_SUPERSEDED", says: [database, "pnpm sync neon-to-rds"] };
  for (const how of ["--yes", "--dry-run"]) {
    await expectRefusal(pair, await footprint(pair), ["neon-to-rds", "--resume", how], superseded);
  }
});
