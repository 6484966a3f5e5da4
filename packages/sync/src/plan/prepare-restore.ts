/** Plans a restore whose dump was downloaded. A dry run ends after it. Writes nothing. */
import { combine, settleAll } from "@pilot-light/core/async/settle";
import type { CommandContext } from "@pilot-light/core/cli/command";
import { OpsError } from "@pilot-light/core/ops-error";
import type { OpenedDump } from "../archive/opened-dump.ts";
import type { Direction } from "../direction.ts";
import type { RestorePlan } from "../documents.ts";
import type { RestorePoint } from "../job.ts";
import type { RestoreOptions } from "../options.ts";
import type { ResolvedTarget } from "../resolve.ts";
import type { TargetState } from "../target/target-state.ts";
import { perCompressedByte } from "./dump-facts.ts";
import { inspectDump, type DumpInspection } from "./inspect-dump.ts";
import { describeMethod, estimates, inPlaceNotes, plannedSide, planTables, removedObjects } from "./plan.ts";
import { atTime, describeRestorePoint, restorePointPlace } from "../target/restore-point.ts";
import { freeKeys, nameOf, type DumpKeys } from "./prepare.ts";

/** A plan, and the facts from which it was created. */
export interface PreparedRestore {
  plan: RestorePlan;
  /** Why the restore must not run, although its plan can be shown. */
  refusal: OpsError | undefined;
  inspection: DumpInspection;
  keys: DumpKeys;
  restorePoint: RestorePoint | undefined;
}

/** Inspects the target and plans. */
export async function prepareRestore(
  direction: Direction,
  options: RestoreOptions,
  resolved: ResolvedTarget,
  dump: OpenedDump,
  targetState: TargetState,
  context: CommandContext,
): Promise<PreparedRestore> {
  const { store } = resolved;
  const [inspection, keys, place] = await settleAll([
    inspectDump(direction, options, resolved, dump, targetState, context),
    freeKeys(direction, store, options, context.signal),
    restorePointPlace(resolved.target, context),
  ]);
  const restorePoint = atTime(place, keys.stamp);
  const { source, target, programs, findings, unverified } = inspection;
  const { manifest, contents } = dump;
  const refusal = combine(findings.refusals);
  const { inPlace } = options;
  const facts = {
    sourceBytes: dump.bytes * perCompressedByte,
    backupBytes: keys.backupKey === null ? 0 : target.facts.bytes,
    objects: dump.archive.entries.length,
    verify: options.verify,
    source: { roundTripMs: 0, bytesPerMs: Infinity },
    target: target.line,
  };
  const plan: RestorePlan = {
    dump: {
      key: dump.key,
      uri: dump.uri,
      system: dump.system,
      kind: manifest.kind,
      database: manifest.database.name,
      host: manifest.database.host,
      version: manifest.database.serverVersion,
      clientVersion: manifest.clientVersion,
      createdAt: dump.createdAt,
      bytes: dump.bytes,
      sha256: manifest.sha256,
    },
    resumes: null,
    afterRestore: nameOf(options.script),
    target: plannedSide(target),
    backup: keys.backupKey === null ? null : store.uri(keys.backupKey),
    restorePoint: describeRestorePoint(restorePoint),
    mode: describeMethod(inPlace),
    verify: contents === undefined ? null : options.verify,
    unverified,
    clientVersion: programs.version,
    tables: planTables(source.rows, target.rows),
    // Without the details of the manifest, the names of the objects in the dump are not known.
    removedObjects: dump.details === undefined ? [] : removedObjects(source.objects, target.objects),
    notes: [...inPlaceNotes(inPlace, facts, target.facts.database), ...findings.notes],
    ...estimates(inPlace, facts),
  };
  return {
    plan,
    refusal: refusal instanceof OpsError ? refusal : undefined,
    inspection,
    keys: { ...keys, archiveKey: dump.key },
    restorePoint,
  };
}
