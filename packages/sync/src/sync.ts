/** A sync, and its dry run: resolve, lock, inspect, plan, run. Takes and returns data; the commands print it. */
import type { CommandContext } from "@pilot-light/core/cli/command";
import { messageOf, type OpsError } from "@pilot-light/core/ops-error";
import { openWorkDirectory } from "@pilot-light/core/work-directory";
import { directions, type Direction, type DirectionName } from "./direction.ts";
import type { Plan, SyncResult } from "./documents.ts";
import type { SyncOptions } from "./options.ts";
import { createJob } from "./plan/create-job.ts";
import type { CountedRows } from "./plan/inspect.ts";
import { openWithoutLocks, takeLocks, type Locks } from "./plan/locks.ts";
import { prepare, type Prepared } from "./plan/prepare.ts";
import { stating } from "./plan/resulting-state.ts";
import { resolve, withRoutes, type Resolved } from "./resolve.ts";
import { runSync } from "./steps/run.ts";
import { dropDatabase } from "./target/maintenance.ts";

export type { DirectionName } from "./direction.ts";
export type { Plan, SyncResult } from "./documents.ts";
export type { SyncOptions } from "./options.ts";

/**
 * What a sync would do, and why it must not run. Prints and writes nothing.
 * @param counted waited for before rows are counted: the databases whose rows the caller has just counted
 * @throws OpsError of any class, with the state `nothing-written`
 */
export async function previewSync(
  name: DirectionName,
  options: SyncOptions,
  context: CommandContext,
  counted?: () => Promise<CountedRows>,
): Promise<Pick<Prepared, "plan" | "refusal">> {
  const direction = directions[name];
  return await withRoutes(options, context, (routes) =>
    stating("nothing-written", context.signal, async () => {
      const resolved = await resolve(direction, options.outputs, routes, context);
      const reading = { ...context, signal: resolved.signal };
      return await stating("nothing-written", resolved.signal, async () => {
        await using opened = await openWithoutLocks(resolved, reading);
        const { plan, refusal } = await prepare(direction, options, resolved, opened.state, reading, counted);
        return { plan, refusal: refusal?.with({ state: "nothing-written" }) };
      });
    }),
  );
}

/** Gets the plan under the lock, and why the sync will not run if there is a reason. To cancel the sync, it throws. */
export type Confirm = (plan: Plan, refusal: OpsError | undefined) => Promise<void>;

/**
 * Syncs, and prints each step.
 * @throws OpsError of any class; its state is what became of the target
 */
export async function performSync(
  name: DirectionName,
  options: SyncOptions,
  context: CommandContext,
  confirm: Confirm,
): Promise<{ plan: Plan; result: SyncResult }> {
  return await withRoutes(options, context, async (routes) => {
    const direction = directions[name];
    const resolved = await stating("nothing-written", context.signal, () =>
      resolve(direction, options.outputs, routes, context),
    );
    return await syncResolved(direction, options, resolved, { ...context, signal: resolved.signal }, confirm);
  });
}

/** @param context its signal is aborted by the end of the route as well */
async function syncResolved(
  direction: Direction,
  options: SyncOptions,
  resolved: Resolved,
  context: CommandContext,
  confirm: Confirm,
): Promise<{ plan: Plan; result: SyncResult }> {
  const { signal } = context;
  await using locks = await stating("nothing-written", signal, () => takeLocks(resolved, context));
  const stateSoFar = locks.repaired ? "target-unchanged" : "nothing-written";
  const prepared = await stating(stateSoFar, signal, async () => {
    const made = await prepare(direction, options, resolved, locks.state, context);
    await confirm(made.plan, made.refusal);
    if (made.refusal !== undefined) throw made.refusal;
    return made;
  });
  const result = await stating("target-unchanged", signal, async () => {
    await removeLeftovers(locks, resolved, context);
    await using work = await openWorkDirectory();
    const job = createJob({ direction, options, resolved }, prepared, locks, context, work.path);
    return await runSync(job, context);
  });
  return { plan: prepared.plan, result };
}

/** Removes what killed runs left: staging databases and unfinished uploads. Needs the lock. */
async function removeLeftovers(
  { maintenance, state }: Locks,
  { store }: Resolved,
  { printer, signal }: CommandContext,
): Promise<void> {
  for (const name of state.staging) {
    // If a session of a monitor prevents it, the sync can run nevertheless: its staging database has another name.
    const what = await dropDatabase(maintenance, name).then(
      () => `dropped ${name}, which an interrupted sync left`,
      (error: unknown) => `could not drop ${name}, which an interrupted sync left: ${messageOf(error)}`,
    );
    printer.warn(what);
  }
  await store.abortStaleUploads(new Date(), signal).catch((error: unknown) => printer.warn(messageOf(error)));
}
