/** A restore of a dump, and its dry run: open the dump, resolve, lock, inspect, plan, run. Takes and returns data, which the commands print. */
import type { CommandContext } from "@pilot-light/core/cli/command";
import type { OpsError } from "@pilot-light/core/ops-error";
import { openWorkDirectory } from "@pilot-light/core/work-directory";
import type { OpenedDump } from "../archive/opened-dump.ts";
import type { InterruptedDump } from "../archive/drafts.ts";
import type { Direction, SyncDirection } from "../direction.ts";
import type { RestorePlan, SyncResult } from "../documents.ts";
import { openDump } from "./open-dump.ts";
import { runLocked } from "../plan/locked-run.ts";
import type { RestoreOptions } from "../options.ts";
import { createJob } from "../plan/create-job.ts";
import { lockTarget, openTargetWithoutLock, type Locks } from "../plan/locks.ts";
import { prepareRestore, type PreparedRestore } from "../plan/prepare-restore.ts";
import { stating } from "../plan/resulting-state.ts";
import { withRoutes, type ResolvedTarget } from "../resolve.ts";
import { resolveArchive } from "./resolve-archive.ts";
import { assertInterrupted, assertResumable, openInterrupted, resumed } from "./resume.ts";
import { runSync } from "../steps/run.ts";

/** An intact dump, and the target before the first connection to it. */
interface Opened {
  direction: Direction;
  dump: OpenedDump;
  /** What an interrupted sync left; undefined for a restore. */
  interrupted: InterruptedDump | undefined;
  options: RestoreOptions;
  resolved: ResolvedTarget;
  workDirectory: string;
  /** Its signal also aborts when the route to RDS ends. */
  context: CommandContext;
}

/**
 * The dump to restore: `latest`, a key, or a part of a key; or the direction of an interrupted sync, whose dump is restored.
 */
export type Wanted = string | { resume: SyncDirection };

/** Opens the dump, then resolves the target, then runs `work`. Until then only temporary files are written, and they are removed. */
async function withDump<T>(
  wanted: Wanted,
  options: RestoreOptions,
  context: CommandContext,
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  return await withRoutes(options, context, async (routes) => {
    await using directory = await openWorkDirectory();
    const { dump, interrupted, resolved } = await stating("nothing-written", context.signal, async () => {
      const archive = await resolveArchive(options.to, options.outputs, context);
      const opened =
        typeof wanted === "string"
          ? { dump: await openDump(wanted, archive.bucket, directory.path, context), interrupted: undefined }
          : await openInterrupted(wanted.resume, options, archive.bucket, directory.path, context);
      return { ...opened, resolved: await archive.resolveTarget(routes) };
    });
    // Without hashes in the manifest, rows are counted.
    const verify = dump.contents?.depth === "checksums" ? options.verify : "counts";
    return await work({
      direction:
        typeof wanted === "string"
          ? { name: "restore", source: dump.system, target: options.to }
          : wanted.resume,
      dump,
      interrupted,
      options: { ...options, verify },
      resolved,
      workDirectory: directory.path,
      context: { ...context, signal: resolved.signal },
    });
  });
}

/**
 * What a restore would do, and why it must not run. Downloads the dump; writes nothing else.
 * @throws OpsError of any class, with the state `nothing-written`
 */
export async function previewRestore(
  wanted: Wanted,
  options: RestoreOptions,
  context: CommandContext,
): Promise<Pick<PreparedRestore, "plan" | "refusal">> {
  return await withDump(wanted, options, context, (opened) =>
    stating("nothing-written", opened.context.signal, async () => {
      await using locks = await openTargetWithoutLock(opened.resolved, opened.context);
      const prepared = await prepareOpened(opened, locks);
      return { plan: prepared.plan, refusal: prepared.refusal?.with({ state: "nothing-written" }) };
    }),
  );
}

/** Gets the plan under the lock, and why the restore will not run if there is a reason. To cancel the restore, it throws. */
export type ConfirmRestore = (plan: RestorePlan, refusal: OpsError | undefined) => Promise<void>;

/**
 * Restores, and prints each step.
 * @throws OpsError of any class; its state tells what happened to the target
 */
export async function performRestore(
  wanted: Wanted,
  options: RestoreOptions,
  context: CommandContext,
  confirm: ConfirmRestore,
): Promise<{ plan: RestorePlan; result: SyncResult }> {
  return await withDump(wanted, options, context, (opened) => restoreOpened(opened, confirm));
}

async function prepareOpened(
  { direction, dump, interrupted, options, resolved, context }: Opened,
  { state }: Locks,
): Promise<PreparedRestore> {
  // This is checked under the lock: the sync that wrote the dump may have ended meanwhile.
  if (interrupted !== undefined) await assertInterrupted(interrupted, direction, resolved.store, context);
  const prepared = await prepareRestore(direction, options, resolved, dump, state, context);
  if (interrupted === undefined) return prepared;
  const { facts } = prepared.inspection.target;
  await assertResumable(interrupted, { direction, facts, target: resolved.target }, resolved.store, context);
  return resumed(prepared, interrupted, direction, Date.now());
}

async function restoreOpened(
  opened: Opened,
  confirm: ConfirmRestore,
): Promise<{ plan: RestorePlan; result: SyncResult }> {
  const { direction, dump, interrupted, options, resolved, workDirectory, context } = opened;
  const resumes = interrupted?.draft.manifest.direction;
  return await runLocked(
    {
      store: resolved.store,
      lock: () => lockTarget(resolved, context),
      prepare: (locks) => prepareOpened(opened, locks),
      confirm,
      run: async (prepared, locks) => {
        const source = { kind: "dump", dump, resumes } as const;
        const job = createJob(
          { direction, options, resolved, source },
          prepared,
          locks,
          context,
          workDirectory,
        );
        return await runSync(job, context);
      },
    },
    context,
  );
}
