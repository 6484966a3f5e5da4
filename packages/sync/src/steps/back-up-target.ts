/**
 * Step: dump the target to S3 before it is replaced, and read the dump once to check it. If the target still equals a dump in S3, the step
 * stores that dump once more instead. Runs at the same time as the other steps.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { settleAll } from "@pilot-light/core/async/settle";
import { manifestBase, marked, type UploadedDump } from "../archive/manifest.ts";
import { readRecordedMark } from "../archive/recorded-mark.ts";
import { checkArchive, makeDump, type DumpRequest } from "../copy/dump.ts";
import { describeRun, type StepContext } from "../job.ts";
import { sessionOptions } from "../read/connect.ts";
import { readBusy } from "../read/lock-watch.ts";
import { openSnapshot } from "../read/snapshot.ts";
import { findEqualDump } from "./equal-dump.ts";
import { detailsOf } from "./manifest-details.ts";
import { readContents, type BackedUp } from "./target-contents.ts";

/** The dump of the target in S3. */
export interface TargetBackup extends UploadedDump {
  /** S3 key of an earlier dump with the same bytes, which the target equals; undefined if pg_dump has read the target. */
  sameAs: string | undefined;
}

/** @param key S3 key of the dump */
export async function backUpTarget(key: string, context: StepContext): Promise<TargetBackup> {
  const { job, libpq, signal, cleanUp } = context;
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
  // In place, only this dump can undo the sync: it is always made of the target itself.
  const equal = job.options.inPlace === true ? undefined : await findEqualDump(file, context);
  const found = equal ?? (await readBusy(target, "target", context, () => dumpSnapshot(request, context)));
  if (equal === undefined) await checkArchive(programs, file, libpq.target, signal);
  cleanUp.add(`the backup ${store.uri(key)}`, store.ifNotRemoved(key), (stop) => store.remove(key, stop));
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
      ...(equal === undefined ? {} : { clientVersion: equal.clientVersion, sameAs: equal.key }),
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
        depth: equal === undefined ? dumpedDepth : "checksums",
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
  return { ...stored, sameAs: equal?.key };
}

/** Hashes would read the target a third time. Numbers of rows are enough for the plan of a restore. */
const dumpedDepth = "counts";

async function dumpSnapshot(request: Omit<DumpRequest, "snapshot">, context: StepContext): Promise<BackedUp> {
  const { environment, job, signal } = context;
  const options = sessionOptions("target", environment, signal);
  await using snapshot = await openSnapshot(job.target, 1, options, { besideDump: true });
  let onLocked: () => void = () => undefined;
  const locked = new Promise<void>((resolve) => (onLocked = resolve));
  const reading = async () => {
    // Wait until pg_dump has its locks: a TRUNCATE that waits for this reader would make pg_dump wait behind it.
    await locked;
    return await readContents(snapshot, dumpedDepth);
  };
  const dumping = makeDump({ ...request, snapshot: snapshot.id, onLocked }, context);
  const [found] = await settleAll([reading(), dumping]);
  await snapshot.assertNotRewritten("target");
  return { ...found, snapshot: snapshot.id };
}
