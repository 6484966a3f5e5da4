/** Step: wait until the rows are in the staging database, then create its indexes and constraints. */
import { plural } from "@pilot-light/core/output/format";
import { isLeftOut } from "../copy/restore-list.ts";
import { restorePart } from "../copy/restore.ts";
import type { StepContext } from "../job.ts";
import type { LoadedSource } from "./loaded-source.ts";
import { restoreTarget, usefulJobs } from "./load-staging.ts";

const pauseMs = 500;

export async function restoreStaging(
  { archive, dump, leftOut, loading, progress }: Omit<LoadedSource, "stored">,
  context: StepContext,
): Promise<void> {
  const { printer, job } = context;
  const { staging } = job;
  await printer.step("restore", async (report) => {
    const timer = setInterval(() => report(progress.describe(dump.bytes)), pauseMs);
    await loading.finally(() => clearInterval(timer));
    report("creating indexes and constraints");
    const entries = archive.entries.filter((entry) => !isLeftOut(entry, leftOut));
    const jobs = usefulJobs(job, entries.length);
    const part = {
      name: "post-data",
      sections: ["post-data"],
      entries,
      from: { file: dump.file },
      jobs,
    } as const;
    await restorePart(restoreTarget(context), part, context);
    const since = job.source.kind === "database" ? " (rows since the dump began)" : "";
    const summary = `into the staging database ${staging}, ${plural(jobs, "job")}${since}`;
    return { value: undefined, summary };
  });
}
