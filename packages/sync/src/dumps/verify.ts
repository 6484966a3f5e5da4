/** `pnpm dumps verify` and `pnpm dumps download`: the bytes of a dump, checked against its manifest. */
import { link, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve as absolute } from "node:path";
import type { CommandContext } from "@pilot-light/core/cli/command";
import { withoutSecrets } from "@pilot-light/core/config/env";
import { ArchiveUnreadable, readArchive } from "@pilot-light/core/inventory/archive";
import { messageOf, OpsError } from "@pilot-light/core/ops-error";
import { formatBytes, plural } from "@pilot-light/core/output/format";
import { chooseClientPrograms, findClientPrograms } from "@pilot-light/core/postgres/programs";
import { isProcessAlive } from "@pilot-light/core/process";
import { openWorkDirectory } from "@pilot-light/core/work-directory";
import { downloadObject, type DownloadedFile } from "../archive/download.ts";
import type { DumpBucket } from "../archive/dump-bucket.ts";
import { dumpDamagedInS3, dumpIncomplete, fileExists, fileUnwritable } from "../archive/errors.ts";
import type { Manifest } from "../archive/manifest.ts";
import { readManifest } from "../archive/read-dumps.ts";
import { readRetention } from "../archive/retention.ts";
import { isComplete, type CompleteDump } from "../archive/stored-dump.ts";
import { checkArchive } from "../copy/dump.ts";
import { resolveBucket } from "../resolve.ts";
import { tableProblems } from "./contents.ts";
import { describeDump } from "./describe.ts";
import type { Dump, Verification } from "./documents.ts";
import { findDump } from "./find-dump.ts";
import type { DumpsOptions } from "./list.ts";

/** A complete dump with its manifest. */
interface Found {
  bucket: DumpBucket;
  stored: CompleteDump;
  manifest: Manifest;
  dump: Dump;
}

/** @throws OpsError DUMP_INCOMPLETE (precondition), MANIFEST_UNREADABLE (aws), and as `findDump` does */
async function findComplete(
  key: string,
  { system, outputs }: DumpsOptions,
  context: CommandContext,
): Promise<Found> {
  const { signal } = context;
  const { bucket } = await resolveBucket(outputs, context);
  const stored = await findDump(bucket, key, system, signal);
  const uri = bucket.uri(stored.key);
  if (!isComplete(stored)) {
    throw dumpIncomplete({ uri, lacks: stored.bytes === undefined ? "dump" : "manifest" });
  }
  const [manifest, retention] = await Promise.all([
    readManifest(bucket, stored.key, signal),
    readRetention(bucket, signal),
  ]);
  if (manifest === undefined) throw dumpIncomplete({ uri, lacks: "manifest" });
  return { bucket, stored, manifest, dump: describeDump(bucket, stored, { manifest }, retention) };
}

/**
 * Downloads a dump to a temporary directory and checks it: size and SHA-256 against the manifest, every byte by pg_restore, the table of
 * contents against the tables of the manifest.
 * @throws OpsError DUMP_INCOMPLETE, NO_ROOM (precondition), PG_DUMP_* (configuration), and as `findDump` does
 */
export async function verifyDump(
  key: string,
  options: DumpsOptions,
  context: CommandContext,
): Promise<Verification> {
  const { environment, printer, signal } = context;
  const { bucket, stored, manifest, dump } = await findComplete(key, options, context);
  const needed = Number.parseInt(manifest.clientVersion, 10);
  const programs = chooseClientPrograms(await findClientPrograms(environment), [needed], Infinity);
  await using work = await openWorkDirectory();
  const file = join(work.path, "dump");
  const found = await fetchDump(bucket, stored, file, context);
  return await printer.step("check", async () => {
    const problems = byteProblems(stored.key, manifest, found);
    const reading = await checkArchive(programs, file, withoutSecrets(environment), signal).then(
      () => [],
      (error: unknown) => {
        if (!(error instanceof OpsError) || error.code !== "DUMP_DAMAGED") throw error;
        return [`pg_restore cannot read the dump: ${error.details.join("; ")}`];
      },
    );
    problems.push(...reading);
    let tables: number | null = null;
    if (reading.length === 0) {
      const { entries } = await readArchive(file).catch((error: unknown) => {
        if (!(error instanceof ArchiveUnreadable)) throw error;
        problems.push(`the table of contents cannot be read: ${error.message}`);
        return { entries: [] };
      });
      tables = entries.filter(({ type }) => type === "TABLE DATA").length;
      if (manifest.verified !== undefined) {
        problems.push(...tableProblems(entries, Object.keys(manifest.verified.tables)));
      }
    }
    const summary = problems.length === 0 ? "every byte read" : plural(problems.length, "problem");
    return { value: { dump, problems, sha256: found.sha256, tables }, summary };
  });
}

/** Sentences about what the manifest states of the bytes. */
function byteProblems(
  key: string,
  manifest: Manifest,
  { bytes, sha256 }: Pick<DownloadedFile, "bytes" | "sha256">,
): string[] {
  return [
    ...(manifest.key === key ? [] : [`the manifest is that of another dump: ${manifest.key}`]),
    ...(manifest.bytes === bytes
      ? []
      : [`the dump has ${bytes} bytes, but the manifest states ${manifest.bytes}`]),
    ...(manifest.sha256 === sha256
      ? []
      : [`the SHA-256 of the dump is ${sha256}, but the manifest states ${manifest.sha256}`]),
  ];
}

async function fetchDump(
  bucket: DumpBucket,
  { key, bytes }: CompleteDump,
  file: string,
  { printer, signal }: CommandContext,
): Promise<DownloadedFile> {
  const megabytes = (count: number) => Math.ceil(count / 1_000_000);
  return await printer.step("download", async (report) => {
    const value = await downloadObject(bucket, key, { file, bytes }, signal, (done) =>
      report({ done: megabytes(done), all: megabytes(bytes), noun: "MB" }),
    );
    return { value, summary: formatBytes(value.bytes) };
  });
}

/** Name of the file of a dump, unless another one is given: `neon-2026-11-22T09-30-00.dump`. */
function fileName(key: string): string {
  return key.replace("-dumps/", "-");
}

/**
 * Downloads a dump to a file that must not exist, and checks its SHA-256. A failure or an interruption leaves no file.
 * @param file undefined for a file in the current directory that is named after the dump
 * @throws OpsError FILE_EXISTS, DUMP_INCOMPLETE, NO_ROOM (precondition), FILE_UNWRITABLE (configuration), DUMP_NOT_INTACT (problems)
 */
export async function downloadDump(
  key: string,
  options: DumpsOptions & { file?: string | undefined },
  context: CommandContext,
): Promise<{ dump: Dump; file: string; sha256: string }> {
  // Before the first request, where the name is known.
  if (options.file !== undefined) await assertAbsent(absolute(options.file));
  const { bucket, stored, manifest, dump } = await findComplete(key, options, context);
  const file = absolute(options.file ?? fileName(stored.key));
  await assertAbsent(file);
  await removeAbandoned(file);
  const part = `${file}.${process.pid}.part`;
  try {
    const found = await fetchDump(bucket, stored, part, context);
    const problems = byteProblems(stored.key, manifest, found);
    if (problems.length > 0) throw dumpDamagedInS3({ uri: bucket.uri(stored.key), problems });
    context.signal.throwIfAborted();
    await giveName(part, file);
    return { dump, file, sha256: found.sha256 };
  } finally {
    await rm(part, { force: true });
  }
}

async function assertAbsent(file: string): Promise<void> {
  const exists = await stat(file).then(
    () => true,
    () => false,
  );
  if (exists) throw fileExists({ file });
}

/** A link fails where somebody has created the file meanwhile; a rename would replace it. */
async function giveName(part: string, file: string): Promise<void> {
  try {
    await link(part, file);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "EEXIST") throw fileExists({ file });
    // Some file systems have no links.
    await rename(part, file).catch((error: unknown) => {
      throw fileUnwritable({ file, reason: messageOf(error) }, { cause: error });
    });
  }
}

/** Removes what killed downloads of this file have left. */
async function removeAbandoned(file: string): Promise<void> {
  const names = await readdir(dirname(file)).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(`${basename(file)}.`)) continue;
    const pid = Number(/^\.(\d+)\.part$/.exec(name.slice(basename(file).length))?.[1]);
    if (pid > 0 && !isProcessAlive(pid)) await rm(join(dirname(file), name), { force: true });
  }
}
