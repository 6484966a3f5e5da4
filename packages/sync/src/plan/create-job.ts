/** Turns a plan that was confirmed into the job that the steps work on. */
import type { CommandContext } from "@pilot-light/core/cli/command";
import { mergeMarks, type CopyMark } from "../copy-mark.ts";
import type { Direction } from "../direction.ts";
import type { SyncJob } from "../job.ts";
import type { SyncOptions } from "../options.ts";
import { nameOfRelation, usefulReaders } from "../read/inventory.ts";
import type { Resolved } from "../resolve.ts";
import { stagingName } from "../target/database-names.ts";
import { replacedTargets } from "../target/target-state.ts";
import { openMaintenanceOf, type Locks } from "./locks.ts";
import type { Prepared } from "./prepare.ts";

/** Creates the job. */
export function createJob(
  { direction, options, resolved }: { direction: Direction; options: SyncOptions; resolved: Resolved },
  { inspection, keys }: Prepared,
  { maintenance, state }: Locks,
  { environment, signal }: CommandContext,
  workDirectory: string,
): SyncJob {
  const { programs, findings } = inspection;
  const { endpoint: source, facts: sourceFacts, rows: sourceRows, tables } = inspection.source;
  const { endpoint: target, facts: targetFacts, rows: targetRows } = inspection.target;
  const jobs = findings.jobs ?? options.jobs;
  return {
    direction,
    options: { ...options, jobs },
    source,
    target,
    maintenance,
    programs,
    store: resolved.store,
    who: resolved.identity.arn,
    ...keys,
    staging: stagingName(target.database, keys.stamp),
    droppable: replacedTargets(state),
    sourceRows,
    readers: usefulReaders(tables, jobs),
    sourceBytes: new Map(tables.map(({ schema, name, bytes }) => [nameOfRelation(schema, name), bytes])),
    targetRows,
    // This session reverts a swap after an interruption.
    reopen: () =>
      openMaintenanceOf({ ...resolved, source, target }, "target", { environment, signal }, "opening"),
    versions: {
      source: sourceFacts.version,
      target: targetFacts.version,
      sameMajor: sourceFacts.major === targetFacts.major,
    },
    skippedExtensions: findings.skippedExtensions,
    lostSettings: targetFacts.settings.filter(({ isSettable }) => !isSettable),
    mark: markOf(direction, options, sourceFacts.mark),
    marksBefore: { source: sourceFacts.mark, target: targetFacts.mark },
    oids: { source: sourceFacts.oid, target: targetFacts.oid },
    workDirectory,
  };
}

/** The mark of the new database. Neon gets none: a person accepted the source as the truth with a flag. */
function markOf(
  { target }: Direction,
  { script }: SyncOptions,
  ofSource: CopyMark | undefined,
): CopyMark | undefined {
  if (target === "neon") return undefined;
  if (script === undefined) return ofSource;
  const { file, sha256 } = script;
  return mergeMarks(ofSource, { afterRestore: { file, sha256 } });
}
