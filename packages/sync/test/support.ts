/** Runs the built `pnpm sync` as a person would, and reads databases, buckets and files afterwards. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { assertDocument, failureSchema } from "@pilot-light/core/cli/documents";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import { findClientPrograms, type ClientPrograms } from "@pilot-light/core/postgres/programs";
import { recordPrefix } from "@pilot-light/core/dump-keys";
import { run } from "@pilot-light/core/process";
import { databaseText, type Pair, type Side } from "@pilot-light/sandbox/testing";
import { documents, planSchema, resultSchema } from "@pilot-light/sync/documents";
import { z } from "zod";

const bin = fileURLToPath(new URL("../dist/bin.js", import.meta.url));

/** What a finished command printed. */
export interface Transcript {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface SyncCall {
  /** Path of a program other than `pnpm sync`. */
  program?: string;
  /** Variables that are added to the pair's environment; undefined removes a variable. */
  env?: Record<string, string | undefined>;
  /** Standard input. Default: empty. */
  input?: string;
  /** Called as soon as the process runs. */
  onStart?: (child: ChildProcess) => void;
  /** Called with each piece of stderr. */
  onStderr?: (text: string, child: ChildProcess) => void;
}

/** Runs `pnpm sync <args>` in the environment of a pair, without a terminal. */
export async function sync(
  pair: Pick<Pair, "env">,
  args: readonly string[],
  { program = bin, env = {}, input, onStart, onStderr }: SyncCall = {},
): Promise<Transcript> {
  // As package.json does: without `--`, Node.js itself reads `--env-file`.
  const child = spawn(process.execPath, ["--", program, ...args], {
    env: Object.fromEntries(
      Object.entries({ ...pair.env, ...env }).filter(([, value]) => value !== undefined),
    ),
    stdio: ["pipe", "pipe", "pipe"],
  });
  // A command may end without reading its standard input.
  child.stdin.on("error", () => undefined).end(input);
  onStart?.(child);
  const transcript: Transcript = { exitCode: -1, stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (transcript.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    transcript.stderr += text;
    onStderr?.(text, child);
  });
  transcript.exitCode = await new Promise((resolve) => child.on("close", (code) => resolve(code ?? -1)));
  return transcript;
}

/** The document that a `--json` run printed, checked against its documented schema. */
function parseDocument({ stdout }: Transcript): unknown {
  return assertDocument(documents, JSON.parse(stdout));
}

/** The error document of a failed `--json` run. */
export function errorOf(transcript: Transcript) {
  return failureSchema.parse(parseDocument(transcript)).error;
}

const syncDocument = z.looseObject({
  outcome: z.enum(["synced", "planned"]),
  plan: planSchema,
  result: resultSchema.optional(),
});

/** The document of a `--json` sync, or dry run, that succeeded. */
export function documentOf(transcript: Transcript) {
  return syncDocument.parse(parseDocument(transcript));
}

/** The endpoint of a pair's database for a superuser. */
export function endpointOf(pair: Pair, side: Side): Endpoint {
  const { hostname, port, username, password, pathname } = new URL(pair[side].adminUrl);
  const login = { user: decodeURIComponent(username), password: decodeURIComponent(password) };
  const place = { system: side, host: hostname, port: Number(port), database: pathname.slice(1) };
  return { ...place, ...login, tls: { mode: "disable" }, notes: [] };
}

let programs: Promise<ClientPrograms> | undefined;

/** Client programs of the servers' major. */
export async function clientPrograms(): Promise<ClientPrograms> {
  programs ??= findClientPrograms({ PATH: "" }).then(([first]) => {
    if (first === undefined) throw new Error("No PostgreSQL client programs.");
    return first;
  });
  return await programs;
}

/** The complete content of one side as text, from pg_dump and not from the tool. */
export async function contentOf(pair: Pair, side: Side): Promise<string> {
  return await databaseText(pair[side].adminUrl, (await clientPrograms()).pgDump);
}

/** Names of a pair's databases on one side: its own and those that syncs created. */
export async function databasesOf(pair: Pair, side: Side): Promise<string[]> {
  const rows = await pair.query(
    side,
    "select datname from pg_database where starts_with(datname, $1) order by 1",
    [pair[side].database],
  );
  return rows.map(({ datname }) => String(datname));
}

/** Keys in the pair's bucket, without the records of runs. */
export async function keysOf(pair: Pick<Pair, "bucket" | "env">): Promise<string[]> {
  return (await allKeysOf(pair)).filter((key) => !key.startsWith(recordPrefix));
}

/** Keys in the pair's bucket. */
export async function allKeysOf(pair: Pick<Pair, "bucket" | "env">): Promise<string[]> {
  const reply = await s3(pair).send(new ListObjectsV2Command({ Bucket: pair.bucket }));
  return (reply.Contents ?? []).map(({ Key = "" }) => Key).sort();
}

/** One object's bytes. */
export async function objectOf(pair: Pair, key: string): Promise<Uint8Array> {
  const reply = await s3(pair).send(new GetObjectCommand({ Bucket: pair.bucket, Key: key }));
  return (await reply.Body?.transformToByteArray()) ?? new Uint8Array();
}

/** A client for the sandbox's emulator. */
export function s3(pair: Pick<Pair, "env">): S3Client {
  const {
    AWS_ENDPOINT_URL = "",
    AWS_REGION = "",
    AWS_ACCESS_KEY_ID = "",
    AWS_SECRET_ACCESS_KEY = "",
  } = pair.env;
  return new S3Client({
    endpoint: AWS_ENDPOINT_URL,
    region: AWS_REGION,
    forcePathStyle: true,
    credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
  });
}

/** Files a command left in its temporary directory. */
export async function leftFiles(pair: Pair): Promise<string[]> {
  return await readdir(pair.env.TMPDIR ?? "");
}

/** Restores a dump from S3 with plain `pg_restore` into a new database; returns the content of this database. */
export async function restorePlainly(pair: Pair, side: Side, key: string): Promise<string> {
  const { pgRestore, pgDump } = await clientPrograms();
  const directory = await mkdtemp(join(tmpdir(), "pilot-light-plain-"));
  const database = `${pair[side].database}_plain`;
  try {
    const file = join(directory, "archive.dump");
    await writeFile(file, await objectOf(pair, key));
    await pair.query(side, `create database "${database}" template template0`);
    const url = new URL(pair[side].adminUrl);
    url.pathname = `/${database}`;
    const result = await run(pgRestore, ["--exit-on-error", "--no-owner", `--dbname=${url.href}`, file], {
      environment: { PATH: pair.env.PATH },
    });
    if (result.exitCode !== 0) throw new Error(result.stderr.join("\n"));
    return await databaseText(url.href, pgDump);
  } finally {
    await pair.query(side, `drop database if exists "${database}" with (force)`);
    await rm(directory, { recursive: true, force: true });
  }
}
