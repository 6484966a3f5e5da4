/** A sync, and its dry run: resolve, lock, inspect, plan, run. Takes and returns data; the commands print it. */
import type { CommandContext } from "@pilot-light/core/cli/command";
import type { OpsError } from "@pilot-light/core/ops-error";
import { openWorkDirectory } from "@pilot-light/core/work-directory";
import { directions, type DirectionName } from "./direction.ts";
import type { Plan, SyncResult } from "./documents.ts";
import { runLocked } from "./plan/locked-run.ts";
import type { SyncOptions } from "./options.ts";
import { createJob } from "./plan/create-job.ts";
import type { CountedRows } from "./plan/inspect.ts";
import { openWithoutLocks, takeLocks } from "./plan/locks.ts";
import { prepare, type Prepared } from "./plan/prepare.ts";
import { stating } from "./plan/resulting-state.ts";
import { resolve, withRoutes } from "./resolve.ts";
import { runSync } from "./steps/run.ts";

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
    const own = { ...context, signal: resolved.signal };
    return await runLocked(
      {
        store: resolved.store,
        lock: () => takeLocks(resolved, own),
        prepare: ({ state }) => prepare(direction, options, resolved, state, own),
        confirm,
        run: async (prepared, locks) => {
          await using work = await openWorkDirectory();
          const { endpoint } = prepared.inspection.source;
          const source = { kind: "database", endpoint, direction: name } as const;
          const job = createJob({ direction, options, resolved, source }, prepared, locks, own, work.path);
          return await runSync(job, own);
        },
      },
      own,
    );
  });
}
