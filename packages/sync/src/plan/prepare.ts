/** Inspects both databases and creates the plan. A dry run ends after it. Writes nothing. */
import { combine, settleAll } from "@pilot-light/core/async/settle";
import type { CommandContext } from "@pilot-light/core/cli/command";
import { dumpKey, timestamp } from "@pilot-light/core/dump-keys";
import { OpsError } from "@pilot-light/core/ops-error";
import { formatBytes } from "@pilot-light/core/output/format";
import { findInterrupted, obsolete, type InterruptedDump } from "../archive/drafts.ts";
import type { DumpStore } from "../archive/dump-store.ts";
import type { Direction, SyncDirection } from "../direction.ts";
import type { ScriptName } from "../read/copy-mark.ts";
import type { Plan } from "../documents.ts";
import type { RestorePoint } from "../job.ts";
import type { SyncOptions } from "../options.ts";
import type { RowCounts } from "../read/inventory.ts";
import type { Resolved } from "../resolve.ts";
import type { TargetState } from "../target/target-state.ts";
import { inspect, type Inspection, type InspectionParts } from "./inspect.ts";
import { makePlan } from "./plan.ts";
import { atTime, describeRestorePoint, restorePointPlace } from "../target/restore-point.ts";

/** A plan, and the facts from which it was created. */
export interface Prepared {
  plan: Plan;
  /** Why the sync must not run, although its plan can be shown. */
  refusal: OpsError | undefined;
  inspection: Inspection;
  keys: DumpKeys;
  restorePoint: RestorePoint | undefined;
}

/** Where the dumps of a sync are stored. */
export interface DumpKeys {
  stamp: string;
  archiveKey: string;
  /** Null when the target is not dumped. */
  backupKey: string | null;
}

/** Inspects both databases and plans. */
export async function prepare(
  direction: SyncDirection,
  options: SyncOptions,
  resolved: Resolved,
  targetState: TargetState,
  context: CommandContext,
  parts?: InspectionParts,
): Promise<Prepared> {
  const { store } = resolved;
  const [inspection, keys, place, interrupted] = await settleAll([
    inspect(direction, options, resolved, targetState, context, parts),
    freeKeys(direction, store, options, context.signal),
    restorePointPlace(resolved.target, context),
    // The result is only a note in the plan, so an error is ignored.
    findInterrupted(store.bucket, direction, context.signal).catch(() => undefined),
  ]);
  const restorePoint = atTime(place, keys.stamp);
  const { source, target, programs, filter, findings } = inspection;
  // If the opposite sync has replaced the source since, its OID is another one.
  const isUsable =
    interrupted?.draft.manifest.database.oid === source.facts.oid &&
    obsolete(interrupted, target.facts, undefined) === undefined;
  const resumable = isUsable ? [describeInterrupted(interrupted, direction)] : [];
  const plan = makePlan({
    direction,
    source:
      filter === undefined ? source : { ...source, rows: withoutGroups(source.rows, filter.emptiedGroups) },
    target,
    archive: store.uri(keys.archiveKey),
    backup: keys.backupKey === null ? null : store.uri(keys.backupKey),
    restorePoint: describeRestorePoint(restorePoint),
    inPlace: options.inPlace,
    verify: options.verify,
    schemas: filter?.scope?.patterns ?? [],
    excludeTableData: filter?.patterns ?? [],
    afterRestore: nameOf(options.script),
    clientVersion: programs.version,
    notes: [...resumable, ...findings.notes],
  });
  const refusal = combine(findings.refusals);
  return { plan, refusal: refusal instanceof OpsError ? refusal : undefined, inspection, keys, restorePoint };
}

/** The numbers of rows that the sync copies. */
function withoutGroups(rows: RowCounts, groups: ReadonlySet<string>): RowCounts {
  return new Map([...rows].map(([group, count]) => [group, groups.has(group) ? 0 : count]));
}

/** The note about a dump that `--resume` could restore. */
function describeInterrupted({ stored }: InterruptedDump, { name, source }: SyncDirection): string {
  const time = stored.createdAt.toISOString().slice(0, 16).replace("T", " ");
  return `an interrupted sync had finished the upload of its dump of ${time} UTC (${formatBytes(stored.bytes)}). To restore it without reading ${source} again:  pnpm sync ${name} --resume`;
}

/** What the plan states of a script. */
export function nameOf(script: ScriptName | undefined): Plan["afterRestore"] {
  return script === undefined ? null : { file: script.file, sha256: script.sha256 };
}

/** The keys for the dumps of this run. If another run has used this second, the next free second is taken. */
export async function freeKeys(
  { source, target }: Direction,
  store: DumpStore,
  { targetBackup }: SyncOptions,
  signal: AbortSignal,
): Promise<DumpKeys> {
  for (let time = Date.now(); ; time += 1000) {
    const stamp = timestamp(new Date(time));
    const archiveKey = dumpKey(source, stamp);
    const backupKey = dumpKey(target, stamp);
    const [archiveFree, backupFree] = await Promise.all([
      store.isFree(archiveKey, signal),
      store.isFree(backupKey, signal),
    ]);
    if (archiveFree && backupFree) return { stamp, archiveKey, backupKey: targetBackup ? backupKey : null };
  }
}
