/** Step: the target's own dump goes to S3 before it is replaced, read back once: the undo of last resort. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { checkArchive, makeDump, type Dump } from "../dump.ts";
import type { StepContext } from "../job.ts";
import { manifestBase } from "../manifest.ts";

export async function backUpTarget(key: string, context: StepContext): Promise<Dump> {
  const { job, libpq, signal, undo } = context;
  const { direction, programs, store, target, versions } = job;
  const start = performance.now();
  const file = join(job.workDirectory, "target.dump");
  const dump = await makeDump(
    { system: direction.target, programs, environment: libpq.target, file, failure: "target" },
    context,
  );
  await checkArchive(programs, file, libpq.target, signal);
  undo.add(`the backup ${store.uri(key)}`, () => store.remove(key));
  await store.putFile(key, file, signal);
  await store.putManifest(key, {
    ...manifestBase(job, key, dump),
    kind: "backup",
    database: {
      system: target.system,
      host: target.host,
      name: target.database,
      serverVersion: versions.target,
    },
    durations: { backup: Math.round(performance.now() - start) },
  });
  await rm(file);
  return dump;
}
