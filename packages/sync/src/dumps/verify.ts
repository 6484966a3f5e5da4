/** `pnpm dumps verify` and `pnpm dumps download`: downloads a dump, and checks its bytes against the manifest. */
import { link, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve as absolute } from "node:path";
import type { CommandContext } from "@pilot-light/core/cli/command";
import { messageOf } from "@pilot-light/core/ops-error";
import { plural } from "@pilot-light/core/output/format";
import { chooseClientPrograms, findClientPrograms } from "@pilot-light/core/postgres/programs";
import { isProcessAlive } from "@pilot-light/core/process";
import { openWorkDirectory } from "@pilot-light/core/work-directory";
import { byteProblems } from "../archive/download.ts";
import { dumpDamagedInS3, fileExists, fileUnwritable } from "../archive/errors.ts";
import { resolveBucket } from "../resolve.ts";
import type { Dump, Verification } from "./documents.ts";
import { checkBytes, fetchDump, findComplete, type Found } from "./fetch-dump.ts";
import type { DumpsOptions } from "./list.ts";

async function findOne(
  key: string,
  { system, outputs }: DumpsOptions,
  context: CommandContext,
): Promise<Found> {
  const { bucket } = await resolveBucket(outputs, context);
  return await findComplete(bucket, key, system, context.signal);
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
  const { environment, printer } = context;
  const { bucket, stored, manifest, dump } = await findOne(key, options, context);
  const needed = Number.parseInt(manifest.clientVersion, 10);
  const programs = chooseClientPrograms(await findClientPrograms(environment), [needed], Infinity);
  await using work = await openWorkDirectory();
  const file = join(work.path, "dump");
  const found = await fetchDump(bucket, stored, file, context);
  return await printer.step("check", async () => {
    const { problems, archive } = await checkBytes({ stored, manifest }, found, programs, context);
    const tables = archive?.entries.filter(({ type }) => type === "TABLE DATA").length ?? null;
    const summary = problems.length === 0 ? "every byte read" : plural(problems.length, "problem");
    return { value: { dump, problems, sha256: found.sha256, tables }, summary };
  });
}

/** Default name of a downloaded dump, such as `neon-2026-11-22T09-30-00.dump`. */
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
  // If the person has given the name, it is checked before the first request.
  if (options.file !== undefined) await assertAbsent(absolute(options.file));
  const { bucket, stored, manifest, dump } = await findOne(key, options, context);
  const file = absolute(options.file ?? fileName(stored.key));
  await assertAbsent(file);
  await removeAbandoned(file);
  const part = `${file}.${process.pid}.part`;
  try {
    const found = await fetchDump(bucket, stored, part, context);
    const problems = byteProblems(stored.key, manifest, found);
    if (problems.length > 0) {
      throw dumpDamagedInS3({ uri: bucket.uri(stored.key), problems, isRestore: false });
    }
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

/** Gives the downloaded file its name. If another process has created a file with this name, the link fails; a rename would replace it. */
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
