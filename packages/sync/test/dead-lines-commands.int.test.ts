/** As `dead-lines.int.test.ts`, for commands other than a sync: a connection that carries no more data and is not closed. */
import { fileURLToPath } from "node:url";
import { tcpProxy } from "@pilot-light/sandbox/postgres/tcp-proxy";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { describe, expect, test } from "vitest";
import { runStalled, succeeds, testPhases, type Phase } from "./dead-lines.ts";
import { processesOf } from "./processes.ts";
import { contentOf, databasesOf, keysOf, leftFiles, sync as runSync } from "./support.ts";

const sync = ["neon-to-rds", "--yes", "--verbose"];
const undo = ["undo", "rds", "--yes", "--verbose"];
const nothingWritten = /nothing was received for \d+ s[\s\S]*Nothing was written\./;
const swapBroken = {
  exit: 6,
  code: "SWAP_BROKEN",
  words: /could not revert the swap[\s\S]*pnpm sync undo rds/,
} as const;

async function syncedPair(): Promise<Pair> {
  const pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  await succeeds(pair, sync);
  return pair;
}

/** Bytes that an undo of a pair receives until it has its plan. */
const planBytes = new WeakMap<Pair, number>();

async function measuredPair(): Promise<Pair> {
  const pair = await syncedPair();
  await using rds = await tcpProxy(testSandbox().state.rds.port);
  const env = { RDS_HOSTADDR: `127.0.0.1:${rds.port}` };
  await runSync(pair, ["undo", "rds", "--dry-run"], { env });
  planBytes.set(pair, rds.received() - 1);
  return pair;
}

/** The next undo returns to the rows from before the sync, even if the target must be repaired first. */
async function undoesAgain(pair: Pair): Promise<void> {
  const { stderr } = await succeeds(pair, undo);
  if (/an interrupted sync or undo had/.test(stderr)) await succeeds(pair, undo);
  expect(await databasesOf(pair, "rds")).toHaveLength(2);
  expect(await contentOf(pair, "rds")).not.toBe(await contentOf(pair, "neon"));
  expect(await pair.query("rds", "select from public.old_leads")).not.toEqual([]);
}

const undos: readonly Phase[] = [
  {
    name: "an undo reads its plan",
    exit: 6,
    code: "CONNECTION_STALLED",
    words: /nothing was received for \d+ s[\s\S]*(The target is unchanged\.|Nothing was written\.)/,
    args: undo,
    create: measuredPair,
    // The undo reads a little more than its dry run: the lock.
    stop: ({ pair, rds }) => rds.stallAfter(planBytes.get(pair) ?? 0, "to the client"),
    next: undoesAgain,
  },
  {
    name: "an undo renames the target",
    ...swapBroken,
    interrupted: swapBroken,
    leavesClosed: true,
    args: undo,
    create: syncedPair,
    isOccupied: true,
    stop: async ({ finds, pair, rds }) => {
      await finds(`select from pg_database where datname = '${pair.rds.database}' and not datallowconn`);
      rds.stall();
    },
    next: undoesAgain,
  },
];

const compared = async (pair: Pair) => {
  expect(await databasesOf(pair, "rds")).toHaveLength(1);
  await succeeds(pair, ["compare"], [0, 1]);
};
const comparisons: readonly Phase[] = [
  ...(
    [
      { side: "neon", exit: 5 },
      { side: "rds", exit: 6 },
    ] as const
  ).map(({ side, exit }): Phase => ({
    name: `a comparison reads ${side}`,
    exit,
    code: "CONNECTION_STALLED",
    words: nothingWritten,
    args: ["compare", "--verbose"],
    stop: async (running) => {
      await running.printed(/\$ \S*pg_dump /);
      running[side].stall();
    },
    next: compared,
  })),
];

/** Commands about dumps, each with the request that AWS never answers. */
const dumps = [
  {
    args: ["dumps", "list"],
    name: "dumps are listed",
    request: /list-type=2/,
    words: /Cannot list the dumps/,
  },
  {
    args: ["dumps", "verify", "latest"],
    name: "a dump is read",
    request: /\.dump\?/,
    words: /Cannot download/,
  },
].map(({ name, args, request, words }): Phase => ({
  name,
  exit: 7,
  code: "AWS_FAILED",
  words,
  interrupted: { exit: 130, code: "INTERRUPTED", words: /Interrupted by SIGINT/ },
  args,
  create: syncedPair,
  stop: ({ stallAws }) => stallAws(({ path }) => request.test(path)),
  next: async (pair) => {
    await succeeds(pair, args);
    expect(await keysOf(pair)).toHaveLength(4);
  },
}));

const program = fileURLToPath(new URL("../../validate/dist/bin.js", import.meta.url));
const validations = (["neon", "rds"] as const).map((side): Phase => ({
  name: `a validation reads ${side}`,
  exit: 1,
  code: "",
  words: new RegExp(`did not finish within|cannot reach ${side}|${side}.*unreachable`, "i"),
  interrupted: { exit: 130, code: "INTERRUPTED", words: /Interrupted by SIGINT/ },
  args: ["--only", "databases", "--skip", "rds-instance"],
  program,
  stop: (running) => running[side].stallAfter(0, "to the client"),
  // The state of the environment is not healthy in this sandbox, apart from the databases.
  next: async (pair) => {
    await succeeds(pair, ["neon-to-rds", "--dry-run"]);
  },
}));

describe("a line that stops while", () => {
  testPhases([...undos, ...comparisons, ...dumps, ...validations]);
});

describe("a second signal while nothing answers", () => {
  for (const second of ["SIGINT", "SIGTERM"] as const) {
    test.concurrent(`${second} ends a sync at once, and the next sync removes what is left`, async () => {
      await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
      const stop: Phase["stop"] = async ({ printed, rds }) => {
        await printed(/\$ \S*pg_dump .*--schema-only.*staging\.schema/);
        rds.stall();
      };
      const { exitCode, stderr, milliseconds } = await runStalled(
        pair,
        { args: sync, stop },
        { signals: ["SIGINT", second] },
      );
      expect(exitCode, stderr).toBe(130);
      expect(stderr).toContain("exit 130, INTERRUPTED_TWICE");
      expect(stderr).toMatch(/The next sync to the same target drops the staging database of this run\./);
      // The server does not answer, so to remove what the sync has created would take longer.
      expect(milliseconds, stderr).toBeLessThan(2000);
      expect(await processesOf(pair)).toEqual([]);
      const next = await succeeds(pair, sync);
      expect(next.stderr).toMatch(/dropped .*__pl_staging_\d+, which an interrupted sync left/);
      expect(await databasesOf(pair, "rds")).toHaveLength(2);
      expect(await leftFiles(pair)).toEqual([]);
    });
  }
});
