/** The order of a sync and of a restore: lock, plan, ask, remove what killed runs left, run. */
import type { CommandContext } from "@pilot-light/core/cli/command";
import { messageOf, type OpsError } from "@pilot-light/core/ops-error";
import type { DumpStore } from "../archive/dump-store.ts";
import type { SyncResult } from "../documents.ts";
import type { Locks } from "./locks.ts";
import { stating } from "./resulting-state.ts";
import { dropDatabase } from "../target/maintenance.ts";

/** The parts of a run in which a sync and a restore differ. */
export interface LockedRun<Plan, Made extends { plan: Plan; refusal: OpsError | undefined }> {
  store: DumpStore;
  lock: () => Promise<Locks>;
  prepare: (locks: Locks) => Promise<Made>;
  /** Gets the plan under the lock. To cancel the run, it throws. */
  confirm: (plan: Plan, refusal: OpsError | undefined) => Promise<void>;
  run: (made: Made, locks: Locks) => Promise<SyncResult>;
}

/**
 * Runs a sync or a restore under the lock.
 * @param context its signal also aborts when the route to RDS ends
 * @throws OpsError of any class; its state tells what happened to the target
 */
export async function runLocked<Plan, Made extends { plan: Plan; refusal: OpsError | undefined }>(
  { store, lock, prepare, confirm, run }: LockedRun<Plan, Made>,
  context: CommandContext,
): Promise<{ plan: Plan; result: SyncResult }> {
  const { printer, signal } = context;
  await using locks = await stating("nothing-written", signal, lock);
  const stateSoFar = locks.repaired ? "target-unchanged" : "nothing-written";
  const prepared = await stating(stateSoFar, signal, async () => {
    const made = await prepare(locks);
    await confirm(made.plan, made.refusal);
    if (made.refusal !== undefined) throw made.refusal;
    return made;
  });
  const result = await stating("target-unchanged", signal, async () => {
    const aborting = store.abortStaleUploads(new Date(), signal);
    const aborted = aborting.catch((error: unknown) => printer.warn(messageOf(error)));
    await dropStaging(locks, context);
    // The uploads are aborted meanwhile: an upload that a killed run left does not disturb this run.
    return await run(prepared, locks).finally(() => aborted);
  });
  return { plan: prepared.plan, result };
}

/** Drops the staging databases that killed runs left. Needs the lock. */
async function dropStaging({ maintenance, state }: Locks, { printer }: CommandContext): Promise<void> {
  for (const name of state.staging) {
    // If a session prevents the drop, the sync can run nevertheless: its own staging database has another name.
    const what = await dropDatabase(maintenance, name).then(
      () => `dropped ${name}, which an interrupted sync left`,
      (error: unknown) => `could not drop ${name}, which an interrupted sync left: ${messageOf(error)}`,
    );
    printer.warn(what);
  }
}
