/** Runs commands through lines that carry no more data and are not closed, as behind a tunnel whose far end is gone. */
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { tcpProxy, type TcpProxy } from "@pilot-light/sandbox/postgres/tcp-proxy";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { describe, expect, test } from "vitest";
import { processesOf, until } from "./processes.ts";
import { awsProxy, type AwsRequest } from "./proxies.ts";
import { databasesOf, leftFiles, sync, type SyncCall, type Transcript } from "./support.ts";
import { isOpen, neonUrl, superuserOnRds } from "./untouched.ts";

/** A running command, and the lines that it uses. */
export interface Running {
  pair: Pair;
  neon: TcpProxy;
  rds: TcpProxy;
  /** Stops the requests to AWS that match. By default all. */
  stallAws: (matches?: (request: AwsRequest) => boolean) => void;
  /** The upload of the dump of the source waits until the returned function is called. */
  holdUpload: () => () => void;
  /** Waits until the command has printed a text. */
  printed: (text: RegExp) => Promise<void>;
  /** Locks a table of the target, or of its staging database, until the command has ended; then waits until the command needs the lock. */
  blocked: (database: "target" | "staging", table: string, locked?: () => void) => Promise<void>;
  /** Waits until a query in the maintenance database of the target's server returns a row. */
  finds: (sql: string) => Promise<void>;
}

/** How a command ends. */
export interface Ending {
  exit: number;
  code: string;
  /** A part of the output. */
  words: RegExp;
}

/** A phase of a command in which a line stops. */
export interface Phase extends Ending {
  name: string;
  args: readonly string[];
  /** Path of a program other than `pnpm sync`. */
  program?: string;
  /** Whether the target has a session that the role of the command may not end, so that the target cannot be renamed. */
  isOccupied?: true;
  /** Stops a line. Called when the command starts. */
  stop: (running: Running) => void | Promise<void>;
  /** Whether its databases keep the servers busy, so that its two tests must run one after the other. */
  isLarge?: true;
  /** How an interruption ends the command. Default: INTERRUPTED. */
  interrupted?: Ending;
  /** Whether the target remains closed, because no command reaches the server. */
  leavesClosed?: true;
  /** Creates the databases. Default: `app` and `stale`. */
  create?: () => Promise<Pair>;
  /** Runs a command that must succeed, and checks that nothing is left. */
  next: (pair: Pair) => Promise<void>;
}

const interruption: Ending = {
  exit: 130,
  code: "INTERRUPTED",
  words: /Interrupted by SIGINT\.[\s\S]*(The target is unchanged\.|Nothing was written\.)/,
};

/** Defines the tests of a list of phases. Both tests of a phase run at the same time, unless its databases are large. */
export function testPhases(phases: readonly Phase[]): void {
  for (const phase of phases) {
    const { name, interrupted = interruption } = phase;
    describe(name, () => {
      const define = phase.isLarge === true ? test : test.concurrent;
      define(`the command fails with the class of the side, and the next one succeeds`, async () => {
        await using pair = await createOf(phase);
        const env = { PILOT_LIGHT_STALL_SECONDS: "3" };
        await expectEnding(pair, phase, phase, await runStalled(pair, phase, { env }));
      });
      define(`an interruption ends the command within ten seconds, and the next one succeeds`, async () => {
        await using pair = await createOf(phase);
        const transcript = await runStalled(pair, phase, { signals: ["SIGINT"] });
        expect(transcript.milliseconds, transcript.stderr).toBeLessThan(10_000);
        await expectEnding(pair, phase, interrupted, transcript);
      });
    });
  }
}

async function createOf({ create }: Phase): Promise<Pair> {
  return await (create?.() ?? createPair(testSandbox(), { neon: "app", rds: "stale" }));
}

async function expectEnding(
  pair: Pair,
  { leavesClosed, next }: Phase,
  { exit, code, words }: Ending,
  { exitCode, stdout, stderr }: Transcript,
): Promise<void> {
  const text = stdout + stderr;
  expect(exitCode, text).toBe(exit);
  if (code !== "") expect(text).toContain(`exit ${exit}, ${code}`);
  expect(text).toMatch(words);
  expect(await isOpen(pair.rds.database)).toBe(leavesClosed !== true);
  expect(await processesOf(pair)).toEqual([]);
  expect(await leftFiles(pair)).toEqual([]);
  await next(pair);
  expect(await isOpen(pair.rds.database)).toBe(true);
  expect(await leftFiles(pair)).toEqual([]);
  await until(async () => (await processesOf(pair)).length === 0);
}

/** A finished command whose line had stopped. */
export interface Stalled extends Transcript {
  /** From the last signal to the end of the process. */
  milliseconds: number;
}

/** Milliseconds before each signal: the statement or the program that waits for the line must have begun. */
const signalPause = 1200;

/**
 * Runs a command through lines that stop.
 * @param signals sent once a line has stopped
 */
export async function runStalled(
  pair: Pair,
  { args, isOccupied, stop, program }: Pick<Phase, "args" | "isOccupied" | "stop" | "program">,
  { signals = [], env = {} }: { signals?: readonly NodeJS.Signals[] } & Pick<SyncCall, "env"> = {},
): Promise<Stalled> {
  const { state } = testSandbox();
  await using neon = await tcpProxy(state.neon.port);
  await using rds = await tcpProxy(state.rds.port);
  let isStalled: (request: AwsRequest) => boolean = () => false;
  let hasStalledAws = false;
  let uploads: Promise<void> = Promise.resolve();
  await using aws = await awsProxy(pair, async (request) => {
    if (isStalled(request)) {
      hasStalledAws = true;
      await new Promise(() => undefined);
    }
    if (request.method === "PUT" && /neon-dumps\/.*\.dump/.test(request.path)) await uploads;
    return undefined;
  });
  const sessions: AsyncDisposable[] = isOccupied === true ? [await superuserOnRds(pair.rds.database)] : [];
  let printed = "";
  let hasEnded = false;
  const untilEnd = async (condition: () => Promise<boolean> | boolean) => {
    await until(async () => hasEnded || (await condition()));
  };
  const running: Running = {
    pair,
    neon,
    rds,
    stallAws: (matches = () => true) => (isStalled = matches),
    holdUpload: () => {
      let goOn: () => void = () => undefined;
      uploads = new Promise((resolve) => (goOn = resolve));
      return goOn;
    },
    printed: (text) => untilEnd(() => text.test(printed)),
    blocked: async (database, table, locked) => {
      const names = await databasesOf(pair, "rds");
      const staging = names.find((name) => name.includes("__pl_staging_")) ?? "";
      const session = await superuserOnRds(database === "target" ? pair.rds.database : staging);
      sessions.push(session);
      await session.client.query(`begin; lock ${table} in access exclusive mode`);
      locked?.();
      const waiting =
        "select from pg_locks l join pg_database d on d.oid = l.database where d.datname = current_database() and not l.granted";
      await untilEnd(async () => (await session.client.query(waiting)).rowCount !== 0);
    },
    finds: async (sql) => {
      await using session = await superuserOnRds("postgres");
      await untilEnd(async () => (await session.client.query(sql)).rowCount !== 0);
    },
  };
  let signalled = Infinity;
  const transcript = await sync(pair, args, {
    ...(program === undefined ? {} : { program }),
    env: {
      NEON_DATABASE_URL: neonUrl(pair, (url) => (url.port = String(neon.port))),
      RDS_HOSTADDR: `127.0.0.1:${rds.port}`,
      AWS_ENDPOINT_URL: aws.url,
      ...env,
    },
    onStderr: (text) => (printed += text),
    onStart: (child) => {
      child.on("exit", () => (hasEnded = true));
      const stopping = async () => {
        await stop(running);
        await untilEnd(() => hasStalledAws || neon.isStalled() || rds.isStalled());
        for (const [index, signal] of signals.entries()) {
          await new Promise((resolve) => setTimeout(resolve, index === 0 ? 300 : signalPause));
          signalled = performance.now();
          child.kill(signal);
        }
      };
      // The test then fails at the exit code, with everything that the command has printed.
      stopping().catch(() => child.kill("SIGKILL"));
    },
  });
  for (const session of sessions) await session[Symbol.asyncDispose]();
  return { ...transcript, milliseconds: performance.now() - signalled };
}

/** Runs a command on a pair, which must succeed. */
export async function succeeds(pair: Pair, args: readonly string[], exits = [0]): Promise<Transcript> {
  const transcript = await sync(pair, args);
  expect(exits, transcript.stdout + transcript.stderr).toContain(transcript.exitCode);
  return transcript;
}
