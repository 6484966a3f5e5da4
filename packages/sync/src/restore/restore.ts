/** A restore of a dump, and its dry run: open the dump, resolve, lock, inspect, plan, run. Takes and returns data; the commands print it. */
import type { CommandContext } from "@pilot-light/core/cli/command";
import type { OpsError } from "@pilot-light/core/ops-error";
import { openWorkDirectory } from "@pilot-light/core/work-directory";
import type { OpenedDump } from "../archive/opened-dump.ts";
import type { Direction } from "../direction.ts";
import type { RestorePlan, SyncResult } from "../documents.ts";
import { openDump } from "./open-dump.ts";
import { runLocked } from "../plan/locked-run.ts";
import type { RestoreOptions } from "../options.ts";
import { createJob } from "../plan/create-job.ts";
import { lockTarget, openTargetWithoutLock } from "../plan/locks.ts";
import { prepareRestore, type PreparedRestore } from "../plan/prepare-restore.ts";
import { stating } from "../plan/resulting-state.ts";
import { withRoutes, type ResolvedTarget } from "../resolve.ts";
import { resolveArchive } from "./resolve-archive.ts";
import { runSync } from "../steps/run.ts";

/** A dump that is intact, and the target, which is not connected to yet. */
interface Opened {
  direction: Direction;
  dump: OpenedDump;
  options: RestoreOptions;
  resolved: ResolvedTarget;
  workDirectory: string;
  /** With a signal that the end of the route aborts as well. */
  context: CommandContext;
}

/**
 * Opens the dump, then resolves the target. A failure has written nothing but temporary files, which it removes.
 * @param key `latest`, a key, or a part of a key
 */
async function withDump<T>(
  key: string,
  options: RestoreOptions,
  context: CommandContext,
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  return await withRoutes(options, context, async (routes) => {
    await using directory = await openWorkDirectory();
    const { dump, resolved } = await stating("nothing-written", context.signal, async () => {
      const archive = await resolveArchive(options.to, options.outputs, context);
      const opened = await openDump(key, archive, directory.path, context);
      return { dump: opened, resolved: await archive.resolveTarget(routes) };
    });
    // Without hashes in the manifest, rows are counted.
    const verify = dump.contents?.depth === "checksums" ? options.verify : "counts";
    return await work({
      direction: { name: "restore", source: dump.system, target: options.to },
      dump,
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
  key: string,
  options: RestoreOptions,
  context: CommandContext,
): Promise<Pick<PreparedRestore, "plan" | "refusal">> {
  return await withDump(key, options, context, ({ direction, dump, resolved, context: own, ...opened }) =>
    stating("nothing-written", own.signal, async () => {
      await using locks = await openTargetWithoutLock(resolved, own);
      const prepared = await prepareRestore(direction, opened.options, resolved, dump, locks.state, own);
      return { plan: prepared.plan, refusal: prepared.refusal?.with({ state: "nothing-written" }) };
    }),
  );
}

/** Gets the plan under the lock, and why the restore will not run if there is a reason. To cancel the restore, it throws. */
export type ConfirmRestore = (plan: RestorePlan, refusal: OpsError | undefined) => Promise<void>;

/**
 * Restores, and prints each step.
 * @throws OpsError of any class; its state is what became of the target
 */
export async function performRestore(
  key: string,
  options: RestoreOptions,
  context: CommandContext,
  confirm: ConfirmRestore,
): Promise<{ plan: RestorePlan; result: SyncResult }> {
  return await withDump(key, options, context, (opened) => restoreOpened(opened, confirm));
}

async function restoreOpened(
  { direction, dump, options, resolved, workDirectory, context }: Opened,
  confirm: ConfirmRestore,
): Promise<{ plan: RestorePlan; result: SyncResult }> {
  return await runLocked(
    {
      store: resolved.store,
      lock: () => lockTarget(resolved, context),
      prepare: ({ state }) => prepareRestore(direction, options, resolved, dump, state, context),
      confirm,
      run: async (prepared, locks) => {
        const source = { kind: "dump", dump } as const;
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
