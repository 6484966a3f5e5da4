/** Ctrl-C and SIGTERM at every step: the target is unchanged, the command removes everything that it created, and no process remains. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { processesOf, signalWhen } from "./processes.ts";
import { awsProxy, pausedAtUpload } from "./proxies.ts";
import { leftFiles, sync, type Transcript } from "./support.ts";
import { footprint, isOpen, superuserOnRds } from "./untouched.ts";

const run = ["neon-to-rds", "--yes", "--verbose"];

/** Runs a sync and sends `signal` once its output matches `when`. The sync waits at the upload of its dump. */
async function interrupt(pair: Pair, when: RegExp, signal: NodeJS.Signals): Promise<Transcript> {
  await using aws = await pausedAtUpload(pair);
  let printed = "";
  return await sync(pair, run, {
    env: { AWS_ENDPOINT_URL: aws.url },
    onStderr: (text, child) => {
      const before = when.test(printed);
      printed += text;
      if (before || !when.test(printed)) return;
      child.kill(signal);
      // A request that creates an object is not aborted, so the upload must end.
      setTimeout(aws.goOn, 300);
    },
  });
}

/** Sessions of the tool in the pair's databases. */
async function sessionsOf(pair: Pair): Promise<unknown> {
  return await pair.query(
    "rds",
    "select datname, query from pg_stat_activity where application_name = 'pilot-light' and starts_with(datname, $1)",
    [pair.rds.database],
  );
}

/** For each step, a line that is printed when the step begins. The line of the step itself is printed when it ends. */
const steps = {
  plan: /Sync {2}neon -> rds/,
  dump: /\$ \S*pg_dump .*--snapshot=/,
  "backup of the target": /\$ \S*pg_dump .*target\.dump/,
  "loading of rows": /\$ \S*pg_restore .*--section=data/,
  restore: /\$ \S*pg_restore .*post-data/,
  verification: /^ {2}restore /m,
  archive: /^ {2}verify /m,
} as const;

describe.concurrent("interrupted during", () => {
  const cases = Object.entries(steps).map(([step, when], index) => {
    return { step, when, signal: index % 2 === 0 ? ("SIGINT" as const) : ("SIGTERM" as const) };
  });
  for (const { step, when, signal } of [
    ...cases,
    { step: "restore", when: steps.restore, signal: "SIGINT" as const },
  ]) {
    test(`${step} by ${signal}, everything is unchanged`, async () => {
      await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
      const before = await footprint(pair);
      const { exitCode, stderr } = await interrupt(pair, when, signal);
      expect(exitCode, stderr).toBe(130);
      expect(stderr).toContain(`Interrupted by ${signal}.`);
      expect(stderr).toMatch(/The target is unchanged\.|Nothing was written\./);
      expect(stderr).toContain("exit 130, INTERRUPTED");
      expect(stderr).not.toContain("could not remove");
      expect(await footprint(pair)).toEqual(before);
      expect(await leftFiles(pair)).toEqual([]);
      expect(await processesOf(pair)).toEqual([]);
      expect(await sessionsOf(pair)).toEqual([]);
    });
  }

  test("the settings, everything is unchanged", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const before = await footprint(pair);
    await using holder = await pair.connect("rds");
    let printed = "";
    // The command reads the settings from this table of the target, so it waits for this lock. The plan has read the table already.
    const lockWhenRestored = (text: string) => {
      if (/^ {2}restore /m.test(printed)) return;
      printed += text;
      if (!/^ {2}restore /m.test(printed)) return;
      void holder.client.query("begin; lock pg_default_acl in access exclusive mode");
    };
    await using maintenance = await superuserOnRds("postgres");
    const waits = async () => {
      const sql =
        "select from pg_locks l join pg_database d on d.oid = l.database where d.datname = $1 and not l.granted";
      return (await maintenance.client.query(sql, [pair.rds.database])).rowCount !== 0;
    };
    const { exitCode, stderr } = await sync(pair, [...run, "--no-target-backup"], {
      onStart: signalWhen(waits, "SIGTERM"),
      onStderr: lockWhenRestored,
    });
    await holder.client.query("rollback");
    expect(exitCode, stderr).toBe(130);
    expect(stderr).toMatch(/^ {2}archive /m);
    expect(await footprint(pair)).toEqual(before);
  });

  test("a swap that cannot begin, the target is open again and unchanged", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const before = await footprint(pair);
    // The owner may not end this session, so the rename waits for it.
    const monitor = await pair.connect("rds");
    const closed = async () => !(await isOpen(pair.rds.database));
    const { exitCode, stderr } = await sync(pair, run, {
      onStart: signalWhen(closed, "SIGINT"),
    });
    await monitor[Symbol.asyncDispose]();
    expect(exitCode, stderr).toBe(130);
    expect(await isOpen(pair.rds.database)).toBe(true);
    expect(await footprint(pair)).toEqual(before);
  });

  test("a swap that cannot begin, a second signal does not end the command before the target is open again", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const before = await footprint(pair);
    const monitor = await pair.connect("rds");
    await using admin = await superuserOnRds("postgres");
    const renames = async () => {
      const sql = "select from pg_stat_activity where state = 'active' and starts_with(query, $1)";
      return (await admin.client.query(sql, [`alter database "${pair.rds.database}" rename`])).rowCount !== 0;
    };
    const { exitCode, stderr } = await sync(pair, run, {
      onStart: signalWhen(renames, "SIGINT"),
      onStderr: (text, child) => {
        // A rename waits for five seconds.
        if (text.includes("stopping safely")) setTimeout(() => child.kill("SIGINT"), 1500);
      },
    });
    await monitor[Symbol.asyncDispose]();
    expect(exitCode, stderr).toBe(130);
    expect(stderr).toContain("waiting until the swap has ended or is reverted");
    expect(stderr).toContain("exit 130, INTERRUPTED");
    expect(stderr).not.toContain("INTERRUPTED_TWICE");
    expect(await isOpen(pair.rds.database)).toBe(true);
    expect(await footprint(pair)).toEqual(before);
  });

  test("an upload that S3 has begun to answer, the object does not appear after it was removed", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const before = await footprint(pair);
    let uploading = false;
    await using aws = await awsProxy(pair, async ({ method, path }) => {
      if (method !== "PUT" || !path.includes("/neon-dumps/")) return undefined;
      uploading = true;
      await sleep(1500);
      return undefined;
    });
    const { exitCode, stderr } = await sync(pair, run, {
      env: { AWS_ENDPOINT_URL: aws.url },
      onStart: signalWhen(() => uploading, "SIGINT"),
    });
    expect(exitCode, stderr).toBe(130);
    await sleep(500);
    expect(await footprint(pair)).toEqual(before);
  });
});

test("Ctrl-C through pnpm, which reaches the whole process group", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  const before = await footprint(pair);
  const child = spawn("pnpm", ["--silent", "sync", ...run], {
    cwd: fileURLToPath(new URL("../../..", import.meta.url)),
    env: pair.env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let stderr = "";
  child.stdout.resume();
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    const begun = steps.restore.test(stderr);
    stderr += text;
    if (!begun && steps.restore.test(stderr) && child.pid !== undefined) process.kill(-child.pid, "SIGINT");
  });
  // The promise is rejected if pnpm is not on the PATH.
  const [code, by] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  const end = code ?? by;
  // A shell shows 130 for both: pnpm may end by the signal itself after its child has ended.
  expect([130, "SIGINT"], stderr).toContain(end);
  expect(await processesOf(pair), stderr).toEqual([]);
  expect(await footprint(pair), stderr).toEqual(before);
  expect(await leftFiles(pair), stderr).toEqual([]);
});
