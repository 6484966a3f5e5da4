/** Turns a plan that was confirmed into the job that the steps work on. */
import type { CommandContext } from "@pilot-light/core/cli/command";
import { mergeMarks, type CopyMark } from "../read/copy-mark.ts";
import type { Direction } from "../direction.ts";
import type { Source, SyncJob } from "../job.ts";
import type { SyncOptions } from "../options.ts";
import type { DatabaseFacts } from "../read/database-facts.ts";
import { filtersOf } from "../read/filter.ts";
import { nameOfRelation, usefulReaders } from "../read/inventory.ts";
import type { ResolvedTarget } from "../resolve.ts";
import { stagingName } from "../target/database-names.ts";
import { replacedTargets } from "../target/target-state.ts";
import type { InspectedSource, Inspection } from "./inspect.ts";
import { openMaintenanceOf, type Locks } from "./locks.ts";
import type { Prepared } from "./prepare.ts";

/** Creates the job for the steps. Pure. */
export function createJob(
  {
    direction,
    options,
    resolved,
    source,
  }: {
    direction: Direction;
    options: SyncOptions;
    resolved: ResolvedTarget;
    source: Source;
  },
  {
    inspection,
    keys,
    restorePoint,
  }: Pick<Prepared, "keys" | "restorePoint"> & { inspection: Inspection<InspectedSource> },
  { maintenance, state }: Locks,
  context: CommandContext,
  workDirectory: string,
): SyncJob {
  const { programs, filter, findings, incomplete } = inspection;
  const { facts: sourceFacts, rows: sourceRows, tables } = inspection.source;
  const { endpoint: target, facts: targetFacts, rows: targetRows, line } = inspection.target;
  const dumpMark = mergeMarks(sourceFacts.mark, filter === undefined ? {} : filtersOf(filter));
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
    restorePoint,
    staging: stagingName(target.database, keys.stamp),
    // A sync in place replaces none of them.
    droppable: options.inPlace === true && options.dropPreviousFirst !== true ? [] : replacedTargets(state),
    sourceRows,
    readers: usefulReaders(tables, jobs),
    sourceBytes: new Map(
      tables
        .filter((table) => filter?.emptied.includes(table) !== true)
        .map(({ schema, name, bytes }) => [nameOfRelation(schema, name), bytes]),
    ),
    line,
    mayRehearse: isSpare(targetFacts.spareConnections, jobs),
    targetRows,
    // The steps open this session if `maintenance` is lost. It may have to revert a swap after an interruption.
    reopen: () => openMaintenanceOf(target, resolved.rereadSecret, "target", context, "opening"),
    facts: { source: sourceFacts, target: targetFacts },
    versions: {
      source: sourceFacts.version,
      target: targetFacts.version,
      sameMajor: inspection.sameMajor,
    },
    skippedExtensions: findings.skippedExtensions,
    lostSettings: targetFacts.settings.filter(({ isSettable }) => !isSettable),
    filter,
    incomplete,
    dumpMark,
    mark: markOf(direction, options, dumpMark),
    markBefore: targetFacts.mark,
    oids: { source: sourceFacts.oid, target: targetFacts.oid },
    workDirectory,
  };
}

/** Connections to the target's server that a sync needs at its peak in addition to its jobs, as the rule `connections` counts them. */
const besideJobs = 3;

/** Whether the role and the server accept one more connection than a sync needs. */
function isSpare({ role, server }: DatabaseFacts["spareConnections"], jobs: number): boolean {
  return Math.min(role ?? Infinity, server ?? Infinity) > jobs + besideJobs;
}

/** The mark of the new database. Neon gets none: with the flag, a person accepted the rows of the source. */
function markOf(
  { target }: Direction,
  { script }: SyncOptions,
  ofDump: CopyMark | undefined,
): CopyMark | undefined {
  if (target === "neon") return undefined;
  if (script === undefined) return ofDump;
  const { file, sha256 } = script;
  return mergeMarks(ofDump, { afterRestore: { file, sha256 } });
}
