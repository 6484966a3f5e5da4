/**
 * Step: dump the target to S3 before it is replaced, and read the dump once to check it. Runs at the same time as the other steps.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { settleAll } from "@pilot-light/core/async/settle";
import { readState } from "@pilot-light/core/inventory/state";
import { readPositions, type SequencePosition } from "@pilot-light/core/inventory/tables";
import { manifestBase, marked, type UploadedDump } from "../archive/manifest.ts";
import { readRecordedMark } from "../archive/recorded-mark.ts";
import { checkArchive, makeDump, type DumpRequest } from "../copy/dump.ts";
import { describeRun, type StepContext } from "../job.ts";
import { sessionOptions } from "../read/connect.ts";
import { listConfiguration, listDumpedSequences, readConfiguration } from "../read/extensions.ts";
import { readInventory, type Inventory } from "../read/inventory.ts";
import { readBusy } from "../read/lock-watch.ts";
import { openSnapshot, type Snapshot } from "../read/snapshot.ts";
import { readPrivileges } from "../target/read-privileges.ts";
import { detailsOf, type SnapshotContent } from "./manifest-details.ts";

/**
 * Dumps the target, checks the dump, uploads it and writes its manifest.
 * @param key S3 key of the dump
 */
export async function backUpTarget(
  key: string,
  context: StepContext,
): Promise<UploadedDump & { inventory: Inventory }> {
  const { job, libpq, signal, undo } = context;
  const { direction, facts, markBefore, oids, programs, store, target, versions } = job;
  const start = performance.now();
  const file = join(job.workDirectory, "target.dump");
  const request = {
    system: direction.target,
    endpoint: target,
    programs,
    environment: libpq.target,
    file,
    side: "target",
  } as const;
  const found = await readBusy(target, "target", context, () => dumpSnapshot(request, context));
  await checkArchive(programs, file, libpq.target, signal);
  undo.add(`the backup ${store.uri(key)}`, store.otherwise(key), (stop) => store.remove(key, stop));
  const stored = await store.putFile(key, file, signal);
  const mark =
    markBefore ??
    (target.system === "neon"
      ? undefined
      : await readRecordedMark(store.bucket, { ...target, ...facts.target }, signal));
  const { inventory, sequences, snapshot } = found;
  await store.putManifest(
    key,
    {
      ...manifestBase(describeRun(job), key, stored),
      kind: "backup",
      database: {
        system: target.system,
        host: target.host,
        name: target.database,
        serverVersion: versions.target,
        oid: oids.target,
        ...marked(mark),
      },
      contents: {
        depth,
        snapshot,
        tables: Object.fromEntries(inventory.tables),
        largeObjects: inventory.largeObjects,
        sequences,
        schemaObjects: inventory.objects.length,
      },
      details: detailsOf(found, facts.target),
      durations: { backup: Math.round(performance.now() - start) },
    },
    signal,
  );
  await rm(file);
  return { ...stored, inventory };
}

/** Hashes would read the target a third time. Numbers of rows are enough for the plan of a restore. */
const depth = "counts";

interface BackedUp extends SnapshotContent {
  snapshot: string;
  sequences: readonly SequencePosition[];
}

async function dumpSnapshot(request: Omit<DumpRequest, "snapshot">, context: StepContext): Promise<BackedUp> {
  const { environment, job, signal } = context;
  const options = sessionOptions("target", environment, signal);
  await using snapshot = await openSnapshot(job.target, 1, options, { besideDump: true });
  let onLocked: () => void = () => undefined;
  const locked = new Promise<void>((resolve) => (onLocked = resolve));
  const reading = async () => {
    // Wait until pg_dump has its locks: a TRUNCATE that waits for this reader would make pg_dump wait behind it.
    await locked;
    return await readContents(snapshot);
  };
  const dumping = makeDump({ ...request, snapshot: snapshot.id, onLocked }, context);
  const [found] = await settleAll([reading(), dumping]);
  await snapshot.assertNotRewritten("target");
  return { ...found, snapshot: snapshot.id };
}

/** Reads what the snapshot contains, with one session: the target also serves applications and the steps that run in parallel. */
async function readContents({ first, outside }: Snapshot): Promise<Omit<BackedUp, "snapshot">> {
  const relations = (await listConfiguration(first)).filter(({ isReadable }) => isReadable);
  const { inventory, other } = await readInventory([first], { depth }, async () => ({
    configuration: await readConfiguration(first, relations, depth),
    state: await readState(first),
    privileges: await readPrivileges(first),
  }));
  const sequences = await readPositions(outside, await listDumpedSequences(first, relations));
  return { ...other, inventory, relations, sequences };
}
