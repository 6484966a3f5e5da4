/** Checks whether the copy in Neon is still equal to RDS: before it counts as done, and before Terraform deletes anything. */
import type { Outputs } from "@pilot-light/core/contract";
import type { CommandContext } from "@pilot-light/core/cli/command";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import { readDivergence, type Divergence } from "@pilot-light/sync/divergence";
import type { LifecycleContext } from "../context.ts";
import { backendStarted, copyOutdated } from "../errors.ts";
import type { JournalEntry } from "../journal/journal.ts";
import type { ModeChangeOptions } from "../options.ts";
import { backendOf, mayWrite, readBackend } from "../aws/backend-service.ts";

/**
 * Compares the databases with what they held when they were last equal.
 * @param compared the databases whose rows are read; default: both
 */
export async function compareCopies(
  outputs: Outputs,
  context: Pick<LifecycleContext, "routes"> & CommandContext,
  compared?: readonly DatabaseSystem[],
): Promise<Divergence> {
  return await readDivergence(
    { outputs: { values: outputs }, routes: context.routes, ...(compared === undefined ? {} : { compared }) },
    context,
  );
}

/** Does not compare the rows of Neon: production may have written more rows since the copy. */
function compareRds(
  outputs: Outputs,
  { keepBackend }: Pick<ModeChangeOptions, "keepBackend">,
  context: Pick<LifecycleContext, "routes"> & CommandContext,
): Promise<Divergence> {
  return compareCopies(outputs, context, keepBackend ? [] : ["rds"]);
}

/** The database that the copy created, for the journal. */
function copyOf({ neon: { host, database, oid } }: Divergence): NonNullable<JournalEntry["copy"]> {
  return { host, database, oid };
}

/**
 * Why the database in Neon is no longer a copy of RDS; undefined while it is one. Rows that production has written to Neon after the copy
 * do not count.
 * @param copy the record of the copy in the journal
 */
export function findOutdated(
  { last, neon, rds }: Divergence,
  copy: JournalEntry["copy"],
  { keepBackend }: Pick<ModeChangeOptions, "keepBackend">,
): string | undefined {
  if (copy === null) return "the journal does not record which database the copy created";
  if (neon.host !== copy.host || neon.database !== copy.database) {
    return `the copy is in ${copy.database} @ ${copy.host}, but NEON_DATABASE_URL names ${neon.database} @ ${neon.host}`;
  }
  if (neon.oid !== copy.oid) {
    return "the Neon database is not the one this copy created: the sync was undone, or another sync has run";
  }
  if (last?.direction !== "rds-to-neon") return "S3 has no manifest of the copy";
  if (!keepBackend && (rds.changed === null || rds.changed.length > 0)) {
    return `RDS was written to after the copy: ${(rds.changed ?? []).slice(0, 3).join(", ")}`;
  }
  return undefined;
}

/** Whether the backend may write although the run stopped it for the copy; never with `--keep-backend`. */
async function isBackendStarted(
  { keepBackend }: Pick<ModeChangeOptions, "keepBackend">,
  { aws, names, signal }: LifecycleContext,
): Promise<boolean> {
  return !keepBackend && mayWrite(await readBackend(aws, names, signal));
}

/** Why the copy of an interrupted run no longer counts; undefined while it counts. */
export async function findOutdatedCopy(
  outputs: Outputs,
  copy: JournalEntry["copy"],
  options: ModeChangeOptions,
  context: LifecycleContext,
): Promise<string | undefined> {
  if (await isBackendStarted(options, context)) {
    return "the backend was started again after the copy, so RDS may have newer rows than Neon";
  }
  return findOutdated(await compareRds(outputs, options, context), copy, options);
}

/**
 * Checks the copy: right after the sync, and before Terraform deletes anything.
 * @param copy the record of the copy in the journal; undefined right after the copy was taken
 * @returns the record of the copy for the journal
 * @throws OpsError BACKEND_STARTED, COPY_OUTDATED (precondition)
 */
export async function assertCopied(
  outputs: Outputs,
  copy: JournalEntry["copy"] | undefined,
  options: ModeChangeOptions,
  context: LifecycleContext,
): Promise<JournalEntry["copy"]> {
  if (await isBackendStarted(options, context)) {
    throw backendStarted({ service: backendOf(context.names).service });
  }
  const found = await compareRds(outputs, options, context);
  const known = copy === undefined ? copyOf(found) : copy;
  const reason = findOutdated(found, known, options);
  if (reason === undefined) return known;
  throw copyOutdated({ reason });
}
