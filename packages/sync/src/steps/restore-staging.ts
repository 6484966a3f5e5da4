/** Step: create the staging database and restore the dump into it. */
import { join } from "node:path";
import { plural } from "@pilot-light/core/output/format";
import type { StepContext } from "../job.ts";
import { createStaging, dropDatabase, ownsPublic } from "../target/maintenance.ts";
import { restore } from "../copy/restore.ts";
import { nameOfRelation, type RestoreListOptions } from "../copy/restore-list.ts";
import type { DumpedSource } from "./dump-source.ts";

/** Returns what the restore leaves out. */
export async function restoreStaging(
  { archive, dump, skippedRelations }: DumpedSource,
  context: StepContext,
): Promise<RestoreListOptions> {
  const { printer, job, libpq, undo } = context;
  const { maintenance, staging, options, programs, skippedExtensions, target } = job;
  return await printer.step("restore", async (progress) => {
    undo.add(`the staging database ${staging}`, `The next sync to ${target.system} drops it.`, () =>
      dropDatabase(maintenance, staging),
    );
    await createStaging(maintenance, target.database, staging);
    const leftOut = {
      skippedExtensions,
      skippedRelations: new Set(skippedRelations.map(({ schema, name }) => nameOfRelation(schema, name))),
      mayCommentPublic: await ownsPublic(maintenance),
    };
    const listFile = join(job.workDirectory, "entries.list");
    const request = {
      endpoint: target,
      programs,
      environment: libpq.target,
      file: dump.file,
      database: staging,
      listFile,
      archive,
      leftOut,
      jobs: options.jobs,
    };
    await restore(request, context, (done, all) => progress({ done, all, noun: "tables" }));
    return {
      value: leftOut,
      summary: `into the staging database ${staging}, ${plural(options.jobs, "job")}`,
    };
  });
}
