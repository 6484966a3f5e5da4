/** `pnpm dumps prune` and `pnpm dumps rm`: deletes dumps. Takes and returns data. The commands print the plan and ask. */
import type { CommandContext } from "@pilot-light/core/cli/command";
import { OpsError } from "@pilot-light/core/ops-error";
import { deleteDumps } from "../archive/delete-dumps.ts";
import { dumpNeeded } from "../archive/errors.ts";
import { listDumps } from "../archive/read-dumps.ts";
import { readRetention, type Retention } from "../archive/retention.ts";
import { stating } from "../plan/resulting-state.ts";
import { resolveBucket } from "../resolve.ts";
import { describeDump, tryManifest } from "./describe.ts";
import type { PrunePlan, RemovalPlan } from "./documents.ts";
import { findDump } from "./find-dump.ts";
import { readLastChange } from "./last-change.ts";
import type { DumpsOptions } from "./list.ts";
import { findNeeded, mayBeRunning } from "./needed.ts";
import { selectSurplus, type PruneSelection } from "./prune-plan.ts";

/** A plan, and how to carry it out. */
export interface Planned<Plan> {
  plan: Plan;
  /** Name of the bucket. */
  bucket: string;
  /** Whether a deleted dump can be restored. */
  retention: Retention;
  /** Deletes the dumps of the plan; returns their keys. */
  carryOut: (onDeleted?: (keys: readonly string[]) => void) => Promise<readonly string[]>;
}

/** A retention as the `--json` documents contain it. */
function documentOf({ isVersioned, keptDays }: Retention) {
  return { isVersioned: isVersioned ?? null, keptDays: keptDays ?? null };
}

/**
 * Plans a prune. Deletes nothing.
 * @throws OpsError LAST_CHANGE_UNKNOWN (precondition), and of class configuration or aws
 */
export async function planPrune(
  options: DumpsOptions & PruneSelection,
  context: CommandContext,
): Promise<Planned<PrunePlan>> {
  return await stating("nothing-written", context.signal, () => prunePlan(options, context));
}

async function prunePlan(
  { system, outputs, keep, days }: DumpsOptions & PruneSelection,
  context: CommandContext,
): Promise<Planned<PrunePlan>> {
  const { signal } = context;
  const { bucket, names } = await resolveBucket(outputs, context);
  const [all, change, retention] = await Promise.all([
    listDumps(bucket, undefined, signal),
    readLastChange(names, context),
    readRetention(bucket, signal),
  ]);
  const needed = await findNeeded(bucket, all, change, signal);
  const dumps = all.filter((dump) => system === undefined || dump.system === system);
  const surplus = selectSurplus(dumps, { keep, days }, needed, Date.now());
  const plan = {
    bucket: bucket.name,
    keep: keep ?? null,
    days: days ?? null,
    delete: surplus.map(({ dump, reason }) => ({
      key: dump.key,
      createdAt: dump.createdAt.toISOString(),
      bytes: dump.bytes ?? null,
      reason,
    })),
    needed: [...needed].map(([key, reasons]) => ({ key, reasons: [...reasons] })),
    kept: dumps.length - surplus.length,
    retention: documentOf(retention),
  };
  const keys = surplus.map(({ dump }) => dump.key);
  const carryOut: Planned<PrunePlan>["carryOut"] = async (onDeleted) => {
    await deleteDumps(bucket, keys, signal, onDeleted);
    return keys;
  };
  return { plan, bucket: bucket.name, retention, carryOut };
}

/**
 * Plans the deletion of one dump. Deletes nothing.
 * @param again the command line, for the hint of a refusal
 * @throws OpsError DUMP_NEEDED, LAST_CHANGE_UNKNOWN (precondition), and as `findDump` does
 */
export async function planRemoval(
  key: string,
  options: DumpsOptions & { allowNeeded: boolean },
  again: string,
  context: CommandContext,
): Promise<Planned<RemovalPlan>> {
  return await stating("nothing-written", context.signal, () => removalPlan(key, options, again, context));
}

async function removalPlan(
  key: string,
  { system, outputs, allowNeeded }: DumpsOptions & { allowNeeded: boolean },
  again: string,
  context: CommandContext,
): Promise<Planned<RemovalPlan>> {
  const { signal } = context;
  const { bucket, names } = await resolveBucket(outputs, context);
  const found = await findDump(bucket, key, system, signal);
  const [all, change, retention, read] = await Promise.all([
    listDumps(bucket, undefined, signal),
    readLastChange(names, context).catch((error: unknown) => {
      if (allowNeeded && error instanceof OpsError && error.code === "LAST_CHANGE_UNKNOWN") return undefined;
      throw error;
    }),
    readRetention(bucket, signal),
    tryManifest(bucket, found, signal),
  ]);
  const needed = await findNeeded(bucket, all, change, signal);
  const running = mayBeRunning(found, Date.now())
    ? ["incomplete, and less than a day old: its sync may still run"]
    : [];
  const reasons = [...(needed.get(found.key) ?? []), ...running];
  const uri = bucket.uri(found.key);
  if (reasons.length > 0 && !allowNeeded) throw dumpNeeded({ uri, reasons, command: again });
  const dump = describeDump(bucket, found, read, retention);
  const carryOut: Planned<RemovalPlan>["carryOut"] = async (onDeleted) => {
    await deleteDumps(bucket, [found.key], signal, onDeleted);
    return [found.key];
  };
  const plan = { dump, allowed: reasons, retention: documentOf(retention) };
  return { plan, bucket: bucket.name, retention, carryOut };
}
