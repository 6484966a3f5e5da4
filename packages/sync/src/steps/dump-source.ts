/**
 * Step: dump the source and read its contents, at the same time and in the same snapshot. Meanwhile, the rows are loaded into the staging
 * database.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { GrowingFile } from "@pilot-light/core/async/growing-file";
import { settleAll } from "@pilot-light/core/async/settle";
import { readState } from "@pilot-light/core/inventory/state";
import { readPositions, type SequencePosition } from "@pilot-light/core/inventory/tables";
import { formatBytes, plural } from "@pilot-light/core/output/format";
import type { Report } from "@pilot-light/core/output/printer";
import type { Environment } from "@pilot-light/core/config/env";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import { libpqEnvironment } from "@pilot-light/core/postgres/libpq";
import { makeDump } from "../copy/dump.ts";
import type { DatabaseContent } from "../copy/equality.ts";
import { waitForArchive } from "../copy/own-archive.ts";
import type { StepContext } from "../job.ts";
import { sessionOptions } from "../read/connect.ts";
import { watchCopies } from "../read/copy-progress.ts";
import { listReadableConfiguration, listDumpedSequences, readConfiguration } from "../read/extensions.ts";
import { readingWithout } from "../read/filter.ts";
import { nameOfRelation, readInventory } from "../read/inventory.ts";
import { readBusy } from "../read/lock-watch.ts";
import { hasSchema, schemaIn, stateWithin } from "../read/scope.ts";
import { openSnapshot, type Snapshot } from "../read/snapshot.ts";
import { closedToPublic, privilegesWithin, type Privileges } from "../target/privileges.ts";
import { readPrivileges } from "../target/read-privileges.ts";
import { dropDatabase, ownsPublic } from "../target/maintenance.ts";
import { Background } from "./background.ts";
import { createEmptyStaging, LoadProgress, loadStaging } from "./load-staging.ts";
import type { LoadedSource } from "./loaded-source.ts";
import { assertAsPlanned } from "./source-as-planned.ts";

/** The dump, and what a restored copy of it must contain. */
export interface DumpedSource extends DatabaseContent, Omit<LoadedSource, "stored"> {
  /** The database that was dumped. */
  endpoint: Endpoint;
  snapshot: string;
  privileges: Privileges;
  /** Read after the dump: sequences are outside of every snapshot. */
  sequencesAfter: readonly SequencePosition[];
}

/** @param source the database to dump */
export async function dumpSource(source: Endpoint, context: StepContext): Promise<DumpedSource> {
  const { printer, job, cleanUp, together } = context;
  const { maintenance, staging, target } = job;
  if (job.options.inPlace !== true) {
    cleanUp.add(`the staging database ${staging}`, `The next sync to ${target.system} drops it.`, () =>
      dropDatabase(maintenance, staging),
    );
  }
  return await printer.step("dump", async (report) => {
    const environment = await libpqEnvironment(source, job.workDirectory, context.environment);
    const side = { endpoint: source, environment };
    const value = await readBusy(source, "source", context, () => dumpOnce(side, context, report));
    void together(value.loading);
    const { dump, inventory, snapshot } = value;
    const summary = `${formatBytes(dump.bytes)}, ${plural(inventory.tables.size, "table")}, snapshot ${snapshot}`;
    return { value, summary };
  });
}

/** The database, and the environment of the programs that connect to it. */
interface DumpSide {
  endpoint: Endpoint;
  environment: Environment;
}

async function dumpOnce(side: DumpSide, step: StepContext, report: Report): Promise<DumpedSource> {
  const { environment, job } = step;
  // Each attempt has its own `Background`: a failed attempt must end its own parts, and not the sync.
  const parts = new Background(step.signal);
  const context = { ...step, signal: parts.signal };
  const options = sessionOptions("source", environment, parts.signal);
  await using snapshot = await openSnapshot(side.endpoint, job.readers, options, { besideDump: true });
  await assertAsPlanned(snapshot.outside, job);
  try {
    return await dumpSnapshot(side, snapshot, parts, context, report);
  } catch (error) {
    await parts.stop(error);
    throw parts.signal.reason;
  }
}

async function dumpSnapshot(
  { endpoint, environment }: DumpSide,
  snapshot: Snapshot,
  parts: Background,
  context: StepContext,
  report: Report,
): Promise<DumpedSource> {
  const { job } = context;
  const { direction, filter, maintenance, options, programs, skippedExtensions } = job;
  const emptied = new Set(filter?.emptied.map(({ identity }) => identity));
  const inPlace = options.inPlace === true;
  const creating = parts.start(inPlace ? Promise.resolve() : createEmptyStaging(job));
  using copying = watchCopies(snapshot.outside, job.sourceRows, report);
  const scope = filter?.scope;
  const [all, mayCommentPublic] = await settleAll([
    listReadableConfiguration(snapshot.first, scope),
    // In place, the target keeps its comment.
    inPlace ? Promise.resolve(false) : ownsPublic(maintenance),
  ]);
  const relations = all.filter(({ extension }) => !skippedExtensions.includes(extension));
  const skipped = all.filter((relation) => !relations.includes(relation));
  const leftOut = {
    skippedExtensions,
    skippedRelations: new Set(skipped.map(({ schema, name }) => nameOfRelation(schema, name))),
    mayCommentPublic,
  };
  const list = await listDumpedSequences(snapshot.first, relations, scope);
  // The positions are read before pg_dump starts and after it has ended. pg_dump reads them at some time in between.
  const sequences = await readPositions(snapshot.outside, list);
  const file = new GrowingFile(join(job.workDirectory, "source.dump"));
  // An earlier attempt may have left the file. A reader must not mistake it for the new one.
  await rm(file.path, { force: true });
  let onLocked: () => void = () => undefined;
  const locked = new Promise<void>((resolve) => (onLocked = resolve));
  const request = {
    onLocked,
    system: direction.source,
    endpoint,
    programs,
    environment,
    file: file.path,
    snapshot: snapshot.id,
    side: "source",
    withoutRows: filter?.emptied ?? [],
    only: scope,
  } as const;
  // Wait until pg_dump has its locks: a TRUNCATE that waits for these readers would make pg_dump wait behind it, forever.
  const reading = async () => {
    await locked;
    const onTable = (done: number, tables: number) => {
      if (!copying.isRunning()) report(`${done} of ${tables} tables read`);
    };
    const { inventory, other } = await readInventory(
      snapshot.sessions,
      { depth: options.verify, onTable, fingerprint: readingWithout(emptied), scope },
      async (first) => ({
        configuration: await readConfiguration(first, relations, options.verify),
        state: stateWithin(await readState(first), scope),
        privileges: privilegesWithin(await readPrivileges(first), scope),
      }),
    );
    return { ...other, inventory };
  };
  const dumping = async () => {
    const dump = await makeDump(request, context);
    file.complete();
    return dump;
  };
  const contents = parts.start(waitForArchive(file, context.signal));
  const progress = new LoadProgress();
  const load = async () => {
    await creating;
    if (inPlace) return undefined;
    return await loadStaging({ file, archive: contents, leftOut, progress }, context);
  };
  const loading = parts.start(load());
  const [dump, archive, content] = await settleAll([
    parts.start(dumping()),
    contents,
    parts.start(reading()),
  ]);
  const sequencesAfter = await readPositions(snapshot.outside, list);
  const isRead = (identity: string) => hasSchema(scope, schemaIn(identity) ?? "");
  await snapshot.assertNotRewritten("source", isRead);
  const expected = { ...content, archive, sequences };
  return {
    ...expected,
    closed: closedToPublic(content.privileges),
    compare: (actual) => ({ expected, actual, sequencesAfter }),
    dump,
    endpoint,
    hasPublic: content.state.hasPublic,
    leftOut,
    loading,
    progress,
    reading: options.verify,
    relations,
    sequencesAfter,
    snapshot: snapshot.id,
  };
}
