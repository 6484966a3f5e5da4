/** Turns a plan that was confirmed into the job that the steps work on. */
import type { CommandContext } from "@pilot-light/core/cli/command";
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
  const { endpoint: target, facts: targetFacts, rows: targetRows, line } = inspection.target;
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
    roundTripMs: line.roundTripMs,
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
    workDirectory,
  };
}
