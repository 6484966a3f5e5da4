/** Reads everything that a command could have changed, and checks that a refused command has changed nothing. */
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import type { ResultingState } from "@pilot-light/core/ops-error";
import { sides, type Pair, type Side } from "@pilot-light/sandbox/testing";
import { adminLogin } from "@pilot-light/sandbox/postgres/cluster";
import { connect, type Connection } from "@pilot-light/sandbox/postgres/connect";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { expect } from "vitest";
import { z } from "zod";
import {
  contentOf,
  databasesOf,
  errorOf,
  keysOf,
  s3,
  sync,
  type SyncCall,
  type Transcript,
} from "./support.ts";

/** Everything that a pair contains outside of its files, as one comparable value. */
export async function footprint(pair: Pair): Promise<unknown> {
  const uploads = await s3(pair).send(new ListMultipartUploadsCommand({ Bucket: pair.bucket }));
  return {
    content: await Promise.all(sides.map((side) => contentOf(pair, side))),
    databases: await Promise.all(sides.map((side) => databasesOf(pair, side))),
    keys: await keysOf(pair),
    uploads: (uploads.Uploads ?? []).map(({ Key }) => Key),
  };
}

/** What a refusal reports. */
export interface Refusal {
  exit: number;
  code: string;
  /** Texts that the message, the details or the hint must contain: the object, the command that helps. */
  says: readonly (string | RegExp)[];
  /** The state of the target that the error must contain. Default: nothing was written. */
  state?: ResultingState;
  /** Reverts what the test has changed while the command ran. The comparison follows. */
  revert?: () => Promise<unknown>;
}

/**
 * Runs a command that must refuse and change nothing.
 * @param before the pair's footprint
 */
export async function expectRefusal(
  pair: Pair,
  before: unknown,
  args: readonly string[],
  { exit, code, says, state = "nothing-written", revert }: Refusal,
  call: SyncCall = {},
): Promise<Transcript> {
  // Tests that share a pair run at the same time: each has its own directory for temporary files.
  const directory = await mkdtemp(join(pair.env.TMPDIR ?? "", "call-"));
  const transcript = await sync(pair, [...args, "--json"], {
    ...call,
    env: { ...call.env, TMPDIR: directory },
  });
  expect(await readdir(directory)).toEqual([]);
  await rm(directory, { recursive: true });
  expect(transcript.exitCode, transcript.stderr + transcript.stdout).not.toBe(0);
  const error = errorOf(transcript);
  expect({ code: error.code, exit: transcript.exitCode }, error.message).toEqual({ code, exit });
  expect(error.exit).toBe(exit);
  expect(error.state, error.message).toBe(state);
  const text = [error.message, ...error.details, error.hint].join("\n");
  for (const part of says) {
    if (typeof part === "string") expect(text).toContain(part);
    else expect(text).toMatch(part);
  }
  await revert?.();
  expect(await footprint(pair)).toEqual(before);
  return transcript;
}

/** The pair's Neon URL, changed. */
export function neonUrl(pair: Pair, change: (url: URL) => void): string {
  const url = new URL(pair.env.NEON_DATABASE_URL ?? "");
  change(url);
  return url.href;
}

const outputsDocument = z.record(z.string(), z.record(z.string(), z.unknown()));

/** A copy of the pair's outputs file with `change` made to the outputs; returns its path. */
export async function outputsFile(
  pair: Pair,
  change: (outputs: Record<string, unknown>) => unknown,
): Promise<string> {
  const document = outputsDocument.parse(JSON.parse(await readFile(pair.outputsFile, "utf8")));
  const [[stack, outputs] = ["", {}]] = Object.entries(document);
  return await textFile(pair, JSON.stringify({ [stack]: change(outputs) }));
}

/** A file of the pair with this text; returns its path. */
export async function textFile(pair: Pair, text: string): Promise<string> {
  const path = join(await mkdtemp(join(pair.env.HOME ?? "", "file-")), "file");
  await writeFile(path, text);
  return path;
}

/** A superuser's session in a database of one cluster. Only a superuser may end it. */
export async function superuserOn(side: Side, database: string): Promise<Connection> {
  const { state } = testSandbox();
  return await connect(adminLogin(state[side], state.adminPassword, database));
}

export const superuserOnRds = (database: string) => superuserOn("rds", database);

/** Whether a database of a cluster accepts new sessions. Default: of the RDS cluster. */
export async function isOpen(database: string, side: Side = "rds"): Promise<boolean> {
  await using session = await superuserOn(side, "postgres");
  const sql = "select datallowconn as open from pg_database where datname = $1";
  const { rows } = await session.client.query<{ open: boolean }>(sql, [database]);
  return rows[0]?.open ?? false;
}
