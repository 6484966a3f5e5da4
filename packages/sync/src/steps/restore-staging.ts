/** Step: create the staging database and restore the dump into it. */
import { join } from "node:path";
import { plural } from "@pilot-light/core/output/format";
import type { Dump } from "../copy/dump.ts";
import type { StepContext } from "../job.ts";
import { createStaging, dropDatabase } from "../target/maintenance.ts";
import { restore } from "../copy/restore.ts";

export async function restoreStaging(dump: Dump, context: StepContext): Promise<void> {
  const { printer, job, libpq, undo } = context;
  const { maintenance, staging, options, programs, skippedExtensions, target } = job;
  await printer.step("restore", async (progress) => {
    undo.add(`the staging database ${staging}`, () => dropDatabase(maintenance, staging));
    await createStaging(maintenance, target.database, staging);
    const listFile = join(job.workDirectory, "entries.list");
    const request = {
      programs,
      environment: libpq.target,
      file: dump.file,
      database: staging,
      listFile,
      skippedExtensions,
      jobs: options.jobs,
    };
    await restore(request, context, (done, all) => progress(printer.bar(done, all, "tables")));
    return {
      value: undefined,
      summary: `into the staging database ${staging}, ${plural(options.jobs, "job")}`,
    };
  });
}
