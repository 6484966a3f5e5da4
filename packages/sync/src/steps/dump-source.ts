/** Step: dump the source and read everything that it contains, at the same time and in the same snapshot. */
import { join } from "node:path";
import { formatBytes, plural } from "@pilot-light/core/output/format";
import { readState } from "@pilot-light/core/inventory/state";
import { readSequences, type SequencePosition } from "@pilot-light/core/inventory/tables";
import { sessionOptions } from "../read/connect.ts";
import { makeDump, type Dump } from "../copy/dump.ts";
import type { DatabaseContent } from "../copy/equality.ts";
import { readOwnArchive } from "../copy/schema-dump.ts";
import { listConfiguration, readConfiguration, type ConfigurationRelation } from "../read/extensions.ts";
import { readInventory } from "../read/inventory.ts";
import type { StepContext } from "../job.ts";
import { closedToPublic } from "../target/carry-privileges.ts";
import { settleAll } from "@pilot-light/core/async/settle";
import { openSnapshot } from "../read/snapshot.ts";

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
  const { printer, environment, job, libpq, signal, together } = context;
  const { direction, options, programs, source } = job;
  return await printer.step("dump", async (progress) => {
    await using snapshot = await openSnapshot(
      source,
      options.jobs,
      sessionOptions("source", environment, signal),
    );
    const file = join(job.workDirectory, "source.dump");
    let onLocked: () => void = () => undefined;
    const locked = new Promise<void>((resolve) => (onLocked = resolve));
    const request = {
      onLocked,
      system: direction.source,
      programs,
      environment: libpq.source,
      file,
      snapshot: snapshot.id,
      side: "source",
    } as const;
    // Not before: a TRUNCATE that waits for these readers would make pg_dump wait behind it, forever.
    const reading = async () => {
      await locked;
      const all = (await listConfiguration(snapshot.first)).filter(({ isReadable }) => isReadable);
      const relations = all.filter(({ extension }) => !job.skippedExtensions.includes(extension));
      const skippedRelations = all.filter((relation) => !relations.includes(relation));
      const configuration = await readConfiguration(snapshot.first, relations, options.verify);
      const state = await readState(snapshot.first);
      const report = (done: number, tables: number) => progress(`${done} of ${tables} tables read`);
      const inventory = await readInventory(snapshot.sessions, options.verify, report);
      return { relations, skippedRelations, configuration, state, inventory };
    };
    const [dump, content] = await settleAll([together(makeDump(request, context)), together(reading())]);
    const { inventory, relations } = content;
    const archive = await readOwnArchive(file);
    const counters = relations.filter(({ isSequence }) => isSequence);
    const sequencesAfter = [
      ...(await readSequences(snapshot.first)),
      ...(await readConfiguration(snapshot.first, counters, options.verify)).sequences,
    ];
    const closed = await closedToPublic(snapshot.first);
    await snapshot.assertNotRewritten(sessionOptions("source", environment, signal));
    const summary = `${formatBytes(dump.bytes)}, ${plural(inventory.tables.size, "table")}, snapshot ${snapshot.id}`;
    return { value: { ...content, archive, dump, sequencesAfter, closed, snapshot: snapshot.id }, summary };
  });
}
