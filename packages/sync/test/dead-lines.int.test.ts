/**
 * A connection that stops carrying data without being closed, as behind a tunnel whose far end is gone. In every phase, on each side
 * and to S3, the sync fails with the class of the side, an interruption ends it within ten seconds, and the next run succeeds.
 */
import { fileURLToPath } from "node:url";
import { createPair, sides, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { describe, expect, test } from "vitest";
import { processesOf, until } from "./processes.ts";
import { awsProxy, tcpProxy, type TcpProxy } from "./proxies.ts";
import { contentOf, databasesOf, leftFiles, sync, type SyncCall, type Transcript } from "./support.ts";
import { isOpen, neonUrl } from "./untouched.ts";

const run = ["neon-to-rds", "--yes", "--verbose"];

/** 12 MB that do not compress, so that a dump and its restore are cut off in their middle. */
const manyBytes = `create table public.blobs as
  select n, (select string_agg(sha256((n || ':' || i)::text::bytea), '') from generate_series(1, 32) i) as bytes
    from generate_series(1, 12000) n`;

interface Lines {
  neon: TcpProxy;
  rds: TcpProxy;
  /** Stops all requests to AWS. */
  stallAws: () => void;
}

interface Phase {
  name: string;
  /** Of the error without an interruption. */
  exit: number;
  code: string;
  args?: readonly string[];
  /** Prepares the lines to stop. */
  prepare?: (lines: Lines) => void;
  /** Stops a line as soon as the output matches. */
  when?: { printed: RegExp; stop: (lines: Lines) => void };
}

const phases: readonly Phase[] = [
  {
    name: "the plan reads the source",
    exit: 5,
    code: "CONNECTION_STALLED",
    prepare: ({ neon }) => neon.stallAfter(20_000, "to the client"),
  },
  {
    name: "the plan reads the target",
    exit: 6,
    code: "CONNECTION_STALLED",
    prepare: ({ rds }) => rds.stallAfter(20_000, "to the client"),
  },
  {
    name: "the source is dumped",
    exit: 5,
    code: "CONNECTION_STALLED",
    prepare: ({ neon }) => neon.stallAfter(4_000_000, "to the client"),
  },
  {
    name: "the target is dumped",
    exit: 6,
    code: "CONNECTION_STALLED",
    prepare: ({ rds }) => rds.stallAfter(4_000_000, "to the client"),
  },
  {
    name: "the dump is restored",
    exit: 6,
    code: "CONNECTION_STALLED",
    args: ["--no-target-backup"],
    prepare: ({ rds }) => rds.stallAfter(4_000_000, "to the server"),
  },
  {
    name: "the copy is verified",
    exit: 6,
    code: "CONNECTION_STALLED",
    // pg_dump starts once the sessions of the verification are open.
    when: { printed: /\$ \S*pg_dump .*--schema-only/, stop: ({ rds }) => rds.stall() },
  },
  {
    name: "the dump is uploaded",
    exit: 7,
    code: "AWS_FAILED",
    when: { printed: /^ {2}dump /m, stop: ({ stallAws }) => stallAws() },
  },
];

interface Stalled extends Transcript {
  /** From the signal to the end of the process. */
  milliseconds: number;
}

/** Runs a command through lines that stop in a phase; with a signal that is sent once they have stopped. */
async function runStalled(
  pair: Pair,
  args: readonly string[],
  { prepare, when }: Pick<Phase, "prepare" | "when">,
  { signal, env = {}, program }: { signal?: NodeJS.Signals } & Pick<SyncCall, "env" | "program">,
): Promise<Stalled> {
  const { state } = testSandbox();
  await using neon = await tcpProxy(state.neon.port);
  await using rds = await tcpProxy(state.rds.port);
  let isAwsStalled = false;
  await using aws = await awsProxy(pair, async () => {
    if (isAwsStalled) await new Promise(() => undefined);
    return undefined;
  });
  const lines = { neon, rds, stallAws: () => (isAwsStalled = true) };
  prepare?.(lines);
  const hasStopped = () => isAwsStalled || neon.isStalled() || rds.isStalled();
  let signalled = Infinity;
  let printed = "";
  const transcript = await sync(pair, args, {
    ...(program === undefined ? {} : { program }),
    env: {
      NEON_DATABASE_URL: neonUrl(pair, (url) => (url.port = String(neon.port))),
      RDS_HOSTADDR: `127.0.0.1:${rds.port}`,
      AWS_ENDPOINT_URL: aws.url,
      ...env,
    },
    onStderr: (text) => {
      printed += text;
      if (when?.printed.test(printed) === true && !hasStopped()) when.stop(lines);
    },
    onStart: (child) => {
      if (signal === undefined) return;
      void until(() => hasStopped() || child.exitCode !== null).then(() => {
        // The statement, or the program, that waits for the line has begun by then.
        setTimeout(() => {
          signalled = performance.now();
          child.kill(signal);
        }, 300);
      });
    },
  });
  return { ...transcript, milliseconds: performance.now() - signalled };
}

async function syncsAgain(pair: Pair): Promise<void> {
  // The sessions of the killed lines end with them, a moment later.
  let next = await sync(pair, run);
  if (next.stderr.includes("SYNC_RUNNING")) next = await sync(pair, run);
  expect(next.exitCode, next.stderr).toBe(0);
  expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  expect(await databasesOf(pair, "rds")).toHaveLength(2);
  expect(await leftFiles(pair)).toEqual([]);
  await until(async () => (await processesOf(pair)).length === 0);
}

async function bigPair(): Promise<Pair> {
  const pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  for (const side of sides) {
    await using owner = await pair.connect(side, "owner");
    await owner.client.query(manyBytes);
  }
  return pair;
}

describe("a line that stops while", () => {
  for (const { name, exit, code, args = [], ...phase } of phases) {
    test(`${name}: the sync fails with the class of the side`, async () => {
      await using pair = await bigPair();
      const { exitCode, stderr } = await runStalled(pair, [...run, ...args], phase, {
        env: { PILOT_LIGHT_STALL_SECONDS: "3" },
      });
      expect(exitCode, stderr).toBe(exit);
      expect(stderr).toContain(`exit ${exit}, ${code}`);
      expect(stderr).toMatch(/The target is unchanged\.|Nothing was written\./);
      if (code === "CONNECTION_STALLED") expect(stderr).toMatch(/nothing was received for \d+ s/);
      expect(await isOpen(pair.rds.database)).toBe(true);
      expect(await processesOf(pair)).toEqual([]);
      await syncsAgain(pair);
    });

    test(`${name}: an interruption ends the sync within ten seconds`, async () => {
      await using pair = await bigPair();
      const { exitCode, stderr, milliseconds } = await runStalled(pair, [...run, ...args], phase, {
        signal: "SIGINT",
      });
      expect(exitCode, stderr).toBe(130);
      expect(milliseconds, stderr).toBeLessThan(10_000);
      expect(stderr).toContain("exit 130, INTERRUPTED");
      expect(stderr).toMatch(/The target is unchanged\.|Nothing was written\./);
      expect(await isOpen(pair.rds.database)).toBe(true);
      expect(await processesOf(pair)).toEqual([]);
      await syncsAgain(pair);
    });
  }
});

describe("a line to the target that stops in another command", () => {
  const undo = ["undo", "rds", "--yes", "--verbose"];
  const afterPlan = { when: { printed: /is kept/, stop: ({ rds }: Lines) => rds.stall() } };

  async function syncedPair(): Promise<Pair> {
    const pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const { exitCode, stderr } = await sync(pair, run);
    expect(exitCode, stderr).toBe(0);
    return pair;
  }

  test("an undo fails, and the next one succeeds", async () => {
    await using pair = await syncedPair();
    const env = { PILOT_LIGHT_STALL_SECONDS: "3" };
    const { exitCode, stderr } = await runStalled(pair, undo, afterPlan, { env });
    expect(exitCode, stderr).toBe(6);
    expect(stderr).toContain("exit 6, CONNECTION_STALLED");
    expect(await isOpen(pair.rds.database)).toBe(true);
    expect((await undoAgain(pair)).exitCode).toBe(0);
  });

  test("an interruption ends an undo within ten seconds", async () => {
    await using pair = await syncedPair();
    const { exitCode, stderr, milliseconds } = await runStalled(pair, undo, afterPlan, { signal: "SIGINT" });
    expect(exitCode, stderr).toBe(130);
    expect(milliseconds, stderr).toBeLessThan(10_000);
    expect(await isOpen(pair.rds.database)).toBe(true);
    expect((await undoAgain(pair)).exitCode).toBe(0);
  });

  async function undoAgain(pair: Pair): Promise<Transcript> {
    // The session of the dead line ends with it, a moment later.
    const next = await sync(pair, undo);
    return next.stderr.includes("SYNC_RUNNING") ? await sync(pair, undo) : next;
  }

  const program = fileURLToPath(new URL("../../validate/dist/bin.js", import.meta.url));
  const validate = ["--only", "databases", "--skip", "rds-instance"];
  const fromTheStart = { prepare: ({ rds }: Lines) => rds.stallAfter(0, "to the client") };

  test("validate reports the database, and an interruption ends it within ten seconds", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const failed = await runStalled(pair, validate, fromTheStart, { program });
    expect(failed.exitCode, failed.stderr).toBe(1);
    expect(failed.stderr + failed.stdout).toMatch(/did not finish within|cannot reach rds/i);
    const interrupted = await runStalled(pair, validate, fromTheStart, { program, signal: "SIGINT" });
    expect(interrupted.exitCode, interrupted.stderr).toBe(130);
    expect(interrupted.milliseconds).toBeLessThan(10_000);
  });
});
