/** Whether a copy that was taken still is what it was: asked before it counts as done, and before anything is destroyed. */
import type { Outputs } from "@pilot-light/core/contract";
import { OpsError } from "@pilot-light/core/ops-error";
import type { CommandContext } from "@pilot-light/core/cli/command";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import { readDivergence, type Divergence } from "@pilot-light/sync/divergence";
import type { LifecycleContext } from "../context.ts";
import type { JournalEntry } from "../journal/journal.ts";
import type { SwitchOptions } from "../options.ts";
import { backendOf, mayWrite, readWriters } from "../aws/backend-service.ts";

/**
 * Compares the databases with what they held when they were last equal.
 * @param compared those whose rows are read; of the other one only what it is
 */
export async function compareCopies(
  outputs: Outputs,
  context: CommandContext,
  compared?: readonly DatabaseSystem[],
): Promise<Divergence> {
  return await readDivergence(
    { outputs: { values: outputs }, ...(compared === undefined ? {} : { compared }) },
    context,
  );
}

/** Neon's rows do not matter to a copy that was taken: production may have written more of them. */
function compareRds(
  outputs: Outputs,
  { keepBackend }: Pick<SwitchOptions, "keepBackend">,
  context: Pick<LifecycleContext, "stack"> & CommandContext,
): Promise<Divergence> {
  return compareCopies(outputs, context, keepBackend ? [] : ["rds"]);
}

/** The database that the copy made, for the journal. */
function copyOf({ neon: { host, database, oid } }: Divergence): NonNullable<JournalEntry["copy"]> {
  return { host, database, oid };
}

/**
 * Why the copy in Neon is no longer one of RDS; undefined when it is. What production has written to Neon since is no reason.
 * @param copy what the journal says of it
 */
export function findOutdated(
  { last, neon, rds }: Divergence,
  copy: JournalEntry["copy"],
  { keepBackend }: Pick<SwitchOptions, "keepBackend">,
): string | undefined {
  if (copy === null) return "the journal does not know which database was copied to";
  if (neon.host !== copy.host || neon.database !== copy.database) {
    return `the data was copied to ${copy.database} @ ${copy.host}, and NEON_DATABASE_URL is of ${neon.database} @ ${neon.host}`;
  }
  if (neon.oid !== copy.oid) {
    return "Neon's database is another one than the copy made: the sync was undone, or another one has run";
  }
  if (last?.direction !== "rds-to-neon") return "the copy's manifest is not there";
  if (!keepBackend && (rds.changed === null || rds.changed.length > 0)) {
    return `RDS was written to after the copy: ${(rds.changed ?? []).slice(0, 3).join(", ")}`;
  }
  return undefined;
}

/** Whether the backend may write although it was stopped for the copy; never where it was to run on. */
async function isBackendStarted(
  { keepBackend }: Pick<SwitchOptions, "keepBackend">,
  { aws, names, signal }: LifecycleContext,
): Promise<boolean> {
  return !keepBackend && mayWrite(await readWriters(aws, names, signal));
}

/** Why the copy of an interrupted run does not count any more; undefined when it does. */
export async function findOutdatedCopy(
  outputs: Outputs,
  copy: JournalEntry["copy"],
  options: SwitchOptions,
  context: LifecycleContext,
): Promise<string | undefined> {
  if (await isBackendStarted(options, context)) {
    return "the backend was started again after it: RDS may have newer rows than Neon";
  }
  return findOutdated(await compareRds(outputs, options, context), copy, options);
}

/**
 * A look right after the copy, and the last one before anything is destroyed.
 * @param copy what the journal says of it; undefined right after it was taken
 * @returns what the journal should say of it
 * @throws OpsError BACKEND_STARTED, COPY_OUTDATED (precondition)
 */
export async function assertCopied(
  outputs: Outputs,
  copy: JournalEntry["copy"] | undefined,
  options: SwitchOptions,
  context: LifecycleContext,
): Promise<JournalEntry["copy"]> {
  if (await isBackendStarted(options, context)) {
    throw new OpsError(
      "precondition",
      "BACKEND_STARTED",
      `Somebody has started ${backendOf(context.names).service} since the copy was begun: RDS may have newer rows than Neon.`,
      { hint: "Find out who, such as a deployment in CI, and wait until it has ended." },
    );
  }
  const found = await compareRds(outputs, options, context);
  const known = copy === undefined ? copyOf(found) : copy;
  const outdated = findOutdated(found, known, options);
  if (outdated === undefined) return known;
  throw new OpsError("precondition", "COPY_OUTDATED", `Neon no longer has what RDS has: ${outdated}.`, {
    hint: "Find out who has written. Going on copies again, and asks first where Neon has newer rows.",
  });
}
