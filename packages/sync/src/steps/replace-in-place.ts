/**
 * The steps of the in-place method, from the dump of the source to the COMMIT: one transaction empties the target, fills it, verifies it. Until
 * the COMMIT the target is unchanged for everyone else.
 */
import { fingerprintLargeObjects } from "@pilot-light/core/inventory/tables";
import { formatBytes, formatDuration, plural } from "@pilot-light/core/output/format";
import { ident, literal } from "@pilot-light/core/postgres/identifiers";
import type { Session } from "@pilot-light/core/postgres/session";
import type { UploadedDump } from "../archive/manifest.ts";
import { needsOperators, operatorPath, withSearchPath } from "../copy/operator-path.ts";
import { isLeftOut } from "../copy/restore-list.ts";
import { restorePart } from "../copy/restore.ts";
import { targetChanged, transactionEnded } from "../errors.ts";
import type { StepContext } from "../job.ts";
import { joinComment } from "../read/copy-mark.ts";
import { readBusy } from "../read/lock-watch.ts";
import { carryPrivileges } from "../target/carry-privileges.ts";
import { listChanged, readCatalogRows, type CatalogRows } from "../target/catalog-rows.ts";
import { emptyDatabase } from "../target/empty.ts";
import { assertNamed } from "../target/maintenance.ts";
import { readTargetSettings, type TargetSettings } from "../target/settings.ts";
import type { SwapResult } from "../target/swap.ts";
import { beginTransaction, commit, lockTables, nested, withPrograms } from "../target/transaction.ts";
import { finishUploads } from "./archive-dump.ts";
import { backUpTarget } from "./back-up-target.ts";
import { changeInPlace } from "./change-staging.ts";
import type { LoadedSource } from "./loaded-source.ts";
import { recordMark } from "./record-mark.ts";
import type { ReplaceParts, Replacement } from "./replace-staged.ts";
import { openTarget } from "./sessions.ts";
import { verifyInPlace } from "./verify-staging.ts";

/** The transaction that replaces the contents. */
interface Transaction {
  session: Session;
  /** From `beginTransaction`. */
  id: string;
}

/** Replaces the contents of the target. Only a restore of the backup can revert this, so the backup is never skipped. */
export async function replaceInPlace(
  loaded: LoadedSource,
  context: StepContext,
  { check, timed }: Omit<ReplaceParts, "backup">,
): Promise<Replacement> {
  const { job, signal } = context;
  const { backupKey, options, store, target } = job;
  if (backupKey === null) throw new Error("The in-place method needs the dump of the target.");
  await using session = await openTarget(context);
  await session.endWhenAbandoned();
  // While this session exists, nobody can rename the database.
  await assertNamed(session, target.database, job.oids.target);
  const transaction = { session, id: await beginTransaction(session) };
  const { backup, before } = await timed("backup", () => backUp(backupKey, transaction, context));
  const settings = await readTargetSettings(session);
  const start = performance.now();
  await timed("restore", () => restoreInPlace(loaded, transaction, before, context));
  const found = await timed("verify", () => verifyInPlace(loaded, session, context));
  check(found.verified);
  const { script } = options;
  const changed =
    script && (await timed("script", () => changeInPlace(script, found.verified, session, context)));
  const stored = await finishUploads({ archive: loaded.stored, backup: Promise.resolve(backup) }, context);
  await timed("settings", () => carryInPlace(settings, loaded, transaction, context));
  await recordMark(context);
  signal.throwIfAborted();
  const request = {
    id: transaction.id,
    database: target.database,
    backup: store.uri(backupKey),
    reopen: job.reopen,
  };
  const ended = await timed("commit", () =>
    context.printer.step("commit", async () => {
      const value = await commit(session, request, signal);
      const waited = formatDuration(performance.now() - start);
      const words = {
        replaced: `readers of ${target.database} waited for ${waited}`,
        unchanged: `not done: ${target.database} is unchanged`,
        unknown: "the server does not answer whether it committed",
      };
      return { value, summary: words[value.target] };
    }),
  );
  const swapped: SwapResult =
    ended.target === "replaced"
      ? { target: "replaced", previous: null, oid: job.oids.target, unavailableMs: performance.now() - start }
      : ended;
  // The locks on the target exclude such writes.
  return { ...found, changed, lateWrites: [], stored, swapped };
}

/** What the target contained before its dump began. Other sessions cannot write to the tables that `rows` describes any more. */
interface Before {
  rows: CatalogRows;
  /** Hash of the large objects, which no lock protects. */
  largeObjects: string;
}

/** Dumps the target. From here on, other sessions can read the target, and wait to write to it. */
async function backUp(
  key: string,
  { session }: Transaction,
  context: StepContext,
): Promise<{ backup: UploadedDump; before: Before }> {
  const { job, printer } = context;
  return await printer.step("backup", async () => {
    const lock = () => readBusy(job.target, "target", context, () => lockTables(session, "exclusive"));
    await lock();
    const before = { rows: await readCatalogRows(session), largeObjects: await hashLargeObjects(session) };
    // Another session may have created a table between the first two statements.
    await lock();
    const backup = await backUpTarget(key, context);
    const summary = `${formatBytes(backup.bytes)} in S3; others can read ${job.target.database}, and wait to write`;
    return { value: { backup, before }, summary };
  });
}

async function hashLargeObjects(session: Session): Promise<string> {
  const { rows, hash } = await fingerprintLargeObjects(session, "checksums");
  return `${rows} ${hash ?? ""}`;
}

/** Empties the target and restores the dump. From here on, other sessions wait to read the target. */
async function restoreInPlace(
  { archive, dump, leftOut, loading }: LoadedSource,
  transaction: Transaction,
  before: Before,
  context: StepContext,
): Promise<void> {
  const { job, libpq, printer } = context;
  const { programs, target, workDirectory } = job;
  const { session } = transaction;
  await printer.step("restore", async (report) => {
    await loading;
    await readBusy(target, "target", context, () => lockTables(session, "access exclusive"));
    report("emptying the target");
    await readBusy(target, "target", context, () => nested(session, () => emptyDatabase(session)));
    await assertUnchanged(before, context);
    await session.query("create schema if not exists public");
    const entries = archive.entries.filter((entry) => !isLeftOut(entry, leftOut));
    const path = entries.some(needsOperators) ? operatorPath(entries) : undefined;
    const rewrite = (statement: string) => (path === undefined ? statement : withSearchPath(statement, path));
    const place = { directory: workDirectory, environment: libpq.target, rewrite };
    await withPrograms(session, place, (environment) =>
      restorePart(
        { endpoint: target, programs, environment, database: target.database, directory: workDirectory },
        {
          name: "in-place",
          entries,
          from: { file: dump.file },
          onTable: (table) => report(`rows of ${table}`),
        },
        context,
      ),
    );
    await assertOpen(transaction, "The dump", context);
    return { value: undefined, summary: `into the emptied ${target.database}, ${plural(1, "job")}` };
  });
}

/**
 * Checks, after the target was emptied, that the backup contains what was dropped: no lock prevents new tables, changes of other objects, or large
 * objects, which another session may have committed until the DROP. A session outside of the transaction still sees what the transaction has
 * dropped. What is created from now on is not dropped, and the verification finds it.
 * @throws OpsError TARGET_CHANGED (target)
 */
async function assertUnchanged({ rows, largeObjects }: Before, context: StepContext): Promise<void> {
  const { target } = context.job;
  await using outside = await openTarget(context);
  const objects = [
    ...(await listChanged(outside, rows)),
    ...((await hashLargeObjects(outside)) === largeObjects ? [] : ["large objects"]),
  ];
  if (objects.length === 0) return;
  const { system, database } = target;
  throw targetChanged({ system, database, objects: objects.slice(0, 20) });
}

/** @throws OpsError TRANSACTION_ENDED (target) */
async function assertOpen({ session, id }: Transaction, what: string, { job }: StepContext): Promise<void> {
  const { same } = await session.one<{ same: boolean }>(
    "select coalesce(pg_catalog.pg_current_xact_id_if_assigned()::text = $1, false) as same",
    [id],
  );
  if (!same) throw transactionEnded({ database: job.target.database, what });
}

/** Gives the restored objects the owners, privileges and comment of the target. The database keeps its own settings. */
async function carryInPlace(
  { comment, objects }: TargetSettings,
  { closed }: Pick<LoadedSource, "closed">,
  transaction: Transaction,
  context: StepContext,
): Promise<void> {
  const { job, printer } = context;
  const { session } = transaction;
  await printer.step("settings", async () => {
    await carryPrivileges(session, objects, {
      closed,
      allowWiderAccess: job.options.allowWiderAccess === true,
    });
    const name = ident(job.target.database);
    if (job.facts.target.owns) {
      const inPlace = { at: job.stamp, backup: job.backupKey ?? "" };
      const marked = joinComment(comment, job.mark, inPlace) ?? "";
      await session.query(`comment on database ${name} is ${literal(marked)}`);
    }
    await assertOpen(transaction, "A statement", context);
    return { value: undefined, summary: "owners and privileges of the target restored" };
  });
}
