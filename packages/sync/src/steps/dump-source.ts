/** Step: dump the source and read everything that it contains, at the same time and in the same snapshot. */
import { join } from "node:path";
import { settleAll } from "@pilot-light/core/async/settle";
import { readState } from "@pilot-light/core/inventory/state";
import { readPositions, type SequencePosition } from "@pilot-light/core/inventory/tables";
import { formatBytes, plural } from "@pilot-light/core/output/format";
import type { Report } from "@pilot-light/core/output/printer";
import { makeDump, type Dump } from "../copy/dump.ts";
import type { DatabaseContent } from "../copy/equality.ts";
import { readOwnArchive } from "../copy/schema-dump.ts";
import type { StepContext } from "../job.ts";
import { sessionOptions } from "../read/connect.ts";
import { watchCopies } from "../read/copy-progress.ts";
import {
  listConfiguration,
  listDumpedSequences,
  readConfiguration,
  type ConfigurationRelation,
} from "../read/extensions.ts";
import { readInventory } from "../read/inventory.ts";
import { readBusy } from "../read/lock-watch.ts";
import { openSnapshot, type Snapshot } from "../read/snapshot.ts";
import { closedToPublic } from "../target/carry-privileges.ts";
import { Background } from "./background.ts";

/** The dump, and what a restored copy of it must contain. */
export interface DumpedSource extends DatabaseContent {
  dump: Dump;
  snapshot: string;
  /** Configuration tables and sequences of the extensions that are copied. */
  relations: readonly ConfigurationRelation[];
  /** Those of extensions that are left out. */
  skippedRelations: readonly ConfigurationRelation[];
  /** Read after the dump: sequences are outside of every snapshot. */
  sequencesAfter: readonly SequencePosition[];
  /** What PUBLIC may not use in the source. */
  closed: ReadonlySet<string>;
}

export async function dumpSource(context: StepContext): Promise<DumpedSource> {
  const { printer, job } = context;
  return await printer.step("dump", async (report) => {
    const value = await readBusy(job.source, "source", context, () => dumpOnce(context, report));
    const { dump, inventory, snapshot } = value;
    const summary = `${formatBytes(dump.bytes)}, ${plural(inventory.tables.size, "table")}, snapshot ${snapshot}`;
    return { value, summary };
  });
}

async function dumpOnce(step: StepContext, report: Report): Promise<DumpedSource> {
  const { environment, job } = step;
  // Of its own: a failed attempt must end its parts, and not the sync.
  const parts = new Background(step.signal);
  const context = { ...step, signal: parts.signal };
  const options = sessionOptions("source", environment, parts.signal);
  await using snapshot = await openSnapshot(job.source, job.options.jobs, options);
  try {
    return await dumpSnapshot(snapshot, parts, context, report);
  } catch (error) {
    await parts.stop(error);
    throw parts.signal.reason;
  }
}

async function dumpSnapshot(
  snapshot: Snapshot,
  parts: Background,
  context: StepContext,
  report: Report,
): Promise<DumpedSource> {
  const { job, libpq } = context;
  const { direction, options, programs } = job;
  using copying = watchCopies(snapshot.outside, job.sourceRows, report);
  const all = (await listConfiguration(snapshot.first)).filter(({ isReadable }) => isReadable);
  const relations = all.filter(({ extension }) => !job.skippedExtensions.includes(extension));
  const skippedRelations = all.filter((relation) => !relations.includes(relation));
  const list = await listDumpedSequences(snapshot.first, relations);
  // Before pg_dump starts, which reads the positions some time after it has its locks.
  const sequences = await readPositions(snapshot.outside, list);
  const file = join(job.workDirectory, "source.dump");
  let onLocked: () => void = () => undefined;
  const locked = new Promise<void>((resolve) => (onLocked = resolve));
  const request = {
    onLocked,
    system: direction.source,
    endpoint: job.source,
    programs,
    environment: libpq.source,
    file,
    snapshot: snapshot.id,
    side: "source",
  } as const;
  // Not before pg_dump has its locks: a TRUNCATE that waits for these readers would make pg_dump wait behind it, forever.
  const reading = async () => {
    await locked;
    const configuration = await readConfiguration(snapshot.first, relations, options.verify);
    const state = await readState(snapshot.first);
    const onTable = (done: number, tables: number) => {
      if (!copying.isRunning()) report(`${done} of ${tables} tables read`);
    };
    const inventory = await readInventory(snapshot.sessions, options.verify, onTable);
    return { configuration, state, inventory };
  };
  const [dump, content] = await settleAll([parts.start(makeDump(request, context)), parts.start(reading())]);
  const archive = await readOwnArchive(file);
  const sequencesAfter = await readPositions(snapshot.outside, list);
  const closed = await closedToPublic(snapshot.first);
  await snapshot.assertNotRewritten("source");
  return {
    ...content,
    archive,
    closed,
    dump,
    relations,
    sequences,
    sequencesAfter,
    skippedRelations,
    snapshot: snapshot.id,
  };
}
