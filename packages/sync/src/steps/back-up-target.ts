/**
 * Step: dump the target to S3 before it is replaced, and read the dump once to check it. Runs at the same time as the other steps.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { manifestBase, marked, type UploadedDump } from "../archive/manifest.ts";
import { checkArchive, makeDump, type Dump, type DumpRequest } from "../copy/dump.ts";
import { describeRun, type StepContext } from "../job.ts";
import { sessionOptions } from "../read/connect.ts";
import { readBusy } from "../read/lock-watch.ts";
import { openSnapshot } from "../read/snapshot.ts";

/** @param key S3 key of the dump */
export async function backUpTarget(key: string, context: StepContext): Promise<UploadedDump> {
  const { job, libpq, signal, undo } = context;
  const { direction, markBefore, oids, programs, store, target, versions } = job;
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
  await readBusy(target, "target", context, () => dumpSnapshot(request, context));
  await checkArchive(programs, file, libpq.target, signal);
  undo.add(`the backup ${store.uri(key)}`, store.otherwise(key), (stop) => store.remove(key, stop));
  const stored = await store.putFile(key, file, signal);
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
        ...marked(markBefore),
      },
      durations: { backup: Math.round(performance.now() - start) },
    },
    signal,
  );
  await rm(file);
  return stored;
}

async function dumpSnapshot(request: Omit<DumpRequest, "snapshot">, context: StepContext): Promise<Dump> {
  const { environment, job, signal } = context;
  await using snapshot = await openSnapshot(job.target, 1, sessionOptions("target", environment, signal));
  const dump = await makeDump({ ...request, snapshot: snapshot.id }, context);
  await snapshot.assertNotRewritten("target");
  return dump;
}
