/**
 * Step: dump the source and read its contents, at the same time and in the same snapshot. Meanwhile, the rows are loaded into the staging
 * database.
 */
import { settleAll } from "@pilot-light/core/async/settle";
import type { SequencePosition } from "@pilot-light/core/inventory/tables";
import { formatBytes, plural } from "@pilot-light/core/output/format";
import type { Report } from "@pilot-light/core/output/printer";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import type { DatabaseContent } from "../copy/equality.ts";
import type { StepContext, SyncJob } from "../job.ts";
import { watchCopies } from "../read/copy-progress.ts";
import { nameOfRelation } from "../read/inventory.ts";
import { readBusy } from "../read/lock-watch.ts";
import { closedToPublic, type Privileges } from "../target/privileges.ts";
import { dropDatabase, ownsPublic } from "../target/maintenance.ts";
import type { EarlyDump } from "./early-dump.ts";
import { LoadProgress } from "./load-rows.ts";
import { createEmptyStaging, loadStaging } from "./load-staging.ts";
import type { LoadedSource } from "./loaded-source.ts";
import { assertAsPlanned } from "./source-as-planned.ts";
import { SourceDump, type SourceDumpRequest } from "./source-dump.ts";

/** The dump, and what a restored copy of it must contain. */
export interface DumpedSource extends DatabaseContent, Omit<LoadedSource, "stored"> {
  /** The database that was dumped. */
  endpoint: Endpoint;
  snapshot: string;
  privileges: Privileges;
  /** Read after the dump: sequences are outside of every snapshot. */
  sequencesAfter: readonly SequencePosition[];
}

/**
 * @param endpoint the database to dump
 * @param begun a dump of it, if one has begun
 */
export async function dumpSource(
  endpoint: Endpoint,
  begun: EarlyDump | undefined,
  context: StepContext,
): Promise<DumpedSource> {
  const { printer, job, cleanUp, together } = context;
  const { maintenance, staging, target } = job;
  if (job.options.inPlace !== true) {
    cleanUp.add(`the staging database ${staging}`, `The next sync to ${target.system} drops it.`, () =>
      dropDatabase(maintenance, staging),
    );
  }
  return await printer.step("dump", async (report) => {
    const attempt = async () => {
      await using dump = (await begun?.take()) ?? (await SourceDump.begin(requestOf(endpoint, job), context));
      return await complete(dump, context, report);
    };
    const value = await readBusy(endpoint, "source", context, attempt);
    void together(value.loading);
    const { dump, inventory, snapshot } = value;
    const summary = `${formatBytes(dump.bytes)}, ${plural(inventory.tables.size, "table")}, snapshot ${snapshot}`;
    return { value, summary };
  });
}

function requestOf(endpoint: Endpoint, job: SyncJob): SourceDumpRequest {
  const { filter, options, programs, readers, skippedExtensions, workDirectory } = job;
  return { endpoint, programs, readers, filter, skippedExtensions, verify: options.verify, workDirectory };
}

/** Loads the rows while the dump is running, and waits until the dump is complete. A failed attempt ends its own parts, and not the sync. */
async function complete(dump: SourceDump, step: StepContext, report: Report): Promise<DumpedSource> {
  const { parts } = dump;
  const end = () => void parts.stop(step.signal.reason);
  step.signal.addEventListener("abort", end, { once: true });
  if (step.signal.aborted) end();
  try {
    return await load(dump, { ...step, signal: parts.signal }, report);
  } catch (error) {
    await parts.stop(error);
    throw parts.signal.reason;
  }
}

async function load(dump: SourceDump, context: StepContext, report: Report): Promise<DumpedSource> {
  const { job } = context;
  const { configuration, file, parts, request, sequences, snapshot } = dump;
  const { relations, skipped } = configuration;
  const inPlace = job.options.inPlace === true;
  const asPlanned = parts.start(assertAsPlanned(snapshot.outside, job));
  const creating = parts.start(inPlace ? Promise.resolve() : createEmptyStaging(job));
  using copying = watchCopies(snapshot.outside, job.sourceRows, report);
  dump.onTable = (done, tables) => {
    if (!copying.isRunning()) report(`${done} of ${tables} tables read`);
  };
  const leftOut = {
    skippedExtensions: request.skippedExtensions,
    skippedRelations: new Set(skipped.map(({ schema, name }) => nameOfRelation(schema, name))),
    // In place, the target keeps its comment.
    mayCommentPublic: inPlace ? false : await ownsPublic(job.maintenance),
  };
  const progress = new LoadProgress();
  const loadRows = async () => {
    await creating;
    if (inPlace) return undefined;
    return await loadStaging({ file, archive: dump.archive, leftOut, progress }, context);
  };
  const loading = parts.start(loadRows());
  const [dumped, archive, content] = await settleAll([dump.dump, dump.archive, dump.contents, asPlanned]);
  const sequencesAfter = await dump.finish();
  const expected = { ...content, archive, sequences };
  return {
    ...expected,
    closed: closedToPublic(content.privileges),
    compare: (actual) => ({ expected, actual, sequencesAfter }),
    dump: dumped,
    endpoint: request.endpoint,
    hasPublic: content.state.hasPublic,
    leftOut,
    loading,
    progress,
    reading: request.verify,
    relations,
    sequencesAfter,
    snapshot: snapshot.id,
  };
}
