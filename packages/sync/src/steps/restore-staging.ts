/** Step: wait until the rows are in the staging database, then create its indexes and constraints. */
import type { ArchiveEntry } from "@pilot-light/core/inventory/archive";
import { plural } from "@pilot-light/core/output/format";
import { isLeftOut } from "../copy/restore-list.ts";
import { restoreObjects } from "../copy/restore-script.ts";
import { restorePart } from "../copy/restore.ts";
import type { StepContext } from "../job.ts";
import type { DumpedSource } from "./dump-source.ts";
import { openStaging, restoreTarget } from "./load-staging.ts";
import { isScriptFaster, usefulJobs } from "./restore-jobs.ts";

const pauseMs = 500;

export async function restoreStaging(
  { archive, dump, leftOut, loading, progress }: DumpedSource,
  context: StepContext,
): Promise<void> {
  const { printer, job } = context;
  const { staging } = job;
  await printer.step("restore", async (report) => {
    const timer = setInterval(() => report(progress.describe(dump.bytes)), pauseMs);
    await loading.finally(() => clearInterval(timer));
    report("creating indexes and constraints");
    const entries = archive.entries.filter((entry) => !isLeftOut(entry, leftOut));
    const how = await createIndexes(entries, dump.file, context);
    const summary = `into the staging database ${staging}, ${how} (rows since the dump began)`;
    return { value: undefined, summary };
  });
}

/** @returns how, for the summary */
async function createIndexes(
  entries: readonly ArchiveEntry[],
  file: string,
  context: StepContext,
): Promise<string> {
  const { job } = context;
  const [name, section] = ["post-data", "post-data"] as const;
  const own = entries.filter((entry) => entry.section === section);
  if (isScriptFaster(job, own.length)) {
    await using session = await openStaging(context);
    await restoreObjects(session, restoreTarget(context), { name, section, entries, file }, context);
    return plural(1, "job");
  }
  const jobs = usefulJobs(job, own.length);
  await restorePart(
    restoreTarget(context),
    { name, sections: [section], entries, from: { file }, jobs },
    context,
  );
  return plural(jobs, "job");
}
