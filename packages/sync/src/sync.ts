/** A sync, and its dry run: resolve, lock, inspect, plan, run. Takes and returns data, which the commands print. */
import { Ahead } from "@pilot-light/core/async/ahead";
import type { CommandContext } from "@pilot-light/core/cli/command";
import { OpsError } from "@pilot-light/core/ops-error";
import { openWorkDirectory } from "@pilot-light/core/work-directory";
import { findInterrupted } from "./archive/drafts.ts";
import type { DumpStore } from "./archive/dump-store.ts";
import { directions, type DirectionName, type SyncDirection } from "./direction.ts";
import type { Plan, SyncResult } from "./documents.ts";
import { runLocked } from "./plan/locked-run.ts";
import type { SyncOptions } from "./options.ts";
import { createJob } from "./plan/create-job.ts";
import { tryToConnectBoth, type AllowedSource, type CountedRows } from "./plan/inspect.ts";
import { openWithoutLocks, takeLocks } from "./plan/locks.ts";
import { prepare, type Prepared } from "./plan/prepare.ts";
import { stating } from "./plan/resulting-state.ts";
import { resolve, withRoutes } from "./resolve.ts";
import { EarlyDump, earlyRequest } from "./steps/early-dump.ts";
import { runSync } from "./steps/run.ts";

export type { DirectionName } from "./direction.ts";
export type { Plan, SyncResult } from "./documents.ts";
export type { SyncOptions } from "./options.ts";

/**
 * What a sync would do, and why it must not run, if there is a reason. Prints and writes nothing.
 * @param counted resolves to rows that the caller has counted; the tables of these databases are not counted again
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
        const opening = openWithoutLocks(resolved, reading);
        await using opened = await opening.catch(async (error: unknown) => {
          throw await withResume(error, direction, resolved.store, reading);
        });
        const { plan, refusal } = await prepare(direction, options, resolved, opened.state, reading, {
          counted,
        });
        return { plan, refusal: refusal?.with({ state: "nothing-written" }) };
      });
    }),
  );
}

/** The error for a target that an interrupted sync left closed or without its name. If its dump is complete, the hint names `--resume`. */
async function withResume(
  error: unknown,
  direction: SyncDirection,
  store: DumpStore,
  { signal }: CommandContext,
): Promise<unknown> {
  if (!(error instanceof OpsError) || error.code !== "SYNC_INTERRUPTED") return error;
  const interrupted = await findInterrupted(store.bucket, direction, signal).catch(() => undefined);
  if (interrupted === undefined) return error;
  const resume = `To repair the database and restore the dump of that sync, without reading ${direction.source} again:  pnpm sync ${direction.name} --resume`;
  return error.with({ hint: `${error.hint ?? ""} ${resume}` });
}

/** Gets the plan under the lock, and why the sync will not run if there is a reason. To cancel the sync, it throws. */
export type Confirm = (plan: Plan, refusal: OpsError | undefined) => Promise<void>;

/**
 * Syncs, and prints each step.
 * @throws OpsError of any class; its state tells what happened to the target
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
    await using work = await openWorkDirectory();
    // The locks take round trips, during which these connections are opened. Nothing uses them before.
    const connect = (signal: AbortSignal) => tryToConnectBoth(resolved, { ...own, signal });
    await using ahead = new Ahead(connect, own.signal);
    const connected = () => ahead.take().catch(() => undefined);
    await using early = new EarlyDump(own);
    const onAllowed = (source: AllowedSource) => {
      const request = earlyRequest(source, options, work.path);
      if (request !== undefined) early.begin(request);
    };
    return await runLocked(
      {
        store: resolved.store,
        lock: () => takeLocks(resolved, own),
        prepare: ({ state }) => prepare(direction, options, resolved, state, own, { connected, onAllowed }),
        confirm,
        run: async (prepared, locks) => {
          const { endpoint } = prepared.inspection.source;
          const source = { kind: "database", endpoint, direction: name } as const;
          const job = createJob({ direction, options, resolved, source }, prepared, locks, own, work.path);
          return await runSync(job, own, early);
        },
      },
      own,
    );
  });
}
