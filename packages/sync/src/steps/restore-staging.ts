/** Step: wait until the rows are in the staging database, then create its indexes and constraints. */
import type { ArchiveEntry } from "@pilot-light/core/inventory/archive";
import { plural } from "@pilot-light/core/output/format";
import type { Session } from "@pilot-light/core/postgres/session";
import { boundToOperators, operatorPath } from "../copy/operator-path.ts";
import { isLeftOut } from "../copy/restore-list.ts";
import { restoreObjects } from "../copy/restore-script.ts";
import { restorePart } from "../copy/restore.ts";
import type { StepContext, SyncJob } from "../job.ts";
import type { LoadedSource } from "./loaded-source.ts";
import { restoreTarget } from "./sessions.ts";
import { isScriptFaster, usefulJobs, type JobFacts } from "./restore-jobs.ts";

const pauseMs = 500;

export async function restoreStaging(
  { archive, dump, leftOut, loading, progress }: Omit<LoadedSource, "stored">,
  context: StepContext,
): Promise<void> {
  const { printer, job } = context;
  const { staging } = job;
  await printer.step("restore", async (report) => {
    const entries = entriesAfterRows({ archive, leftOut });
    const timer = setInterval(() => report(progress.describe(dump.bytes)), pauseMs);
    await using session = await loading.finally(() => clearInterval(timer));
    if (session === undefined) throw new Error("The rows are in no staging database.");
    report("creating indexes and constraints");
    await context.rehearsal.end();
    const operators = operatorPath(archive.entries);
    const how = await createIndexes({ entries, file: dump.file, session, operators }, context);
    const since = job.source.kind === "database" ? " (rows loaded during the dump)" : "";
    const summary = `into the staging database ${staging}, ${how}${since}`;
    return { value: undefined, summary };
  });
}

/** The entries that are restored after the rows. */
const section = "post-data";

function entriesAfterRows({ archive, leftOut }: Pick<LoadedSource, "archive" | "leftOut">): ArchiveEntry[] {
  return archive.entries.filter((entry) => entry.section === section && !isLeftOut(entry, leftOut));
}

/** Whether one script creates the indexes and constraints, in the session that has created the tables. */
export function isScripted(loaded: Pick<LoadedSource, "archive" | "leftOut">, job: SyncJob): boolean {
  return isScriptFaster(indexFacts(job), entriesAfterRows(loaded).length);
}

interface PostData {
  entries: readonly ArchiveEntry[];
  file: string;
  session: Session;
  /** From `operatorPath`. */
  operators: string | undefined;
}

/** Creates indexes and constraints. Returns the number of jobs as text for the summary. */
async function createIndexes(
  { entries, file, session, operators }: PostData,
  context: StepContext,
): Promise<string> {
  const target = restoreTarget(context);
  const facts = indexFacts(context.job);
  const script = { name: section, section, file, operators } as const;
  if (isScriptFaster(facts, entries.length)) {
    await restoreObjects(session, target, { ...script, entries }, context);
    return plural(1, "job");
  }
  // pg_restore always sets an empty search_path.
  const last = operators === undefined ? [] : boundToOperators(entries);
  const jobs = usefulJobs(facts, entries.length);
  const isLast = new Set(last.map(({ id }) => id));
  const first = entries.filter(({ id }) => !isLast.has(id));
  const part = { name: section, sections: [section], entries: first, from: { file }, jobs } as const;
  await restorePart(target, part, context);
  await restoreObjects(session, target, { ...script, name: `${section}-last`, entries: last }, context);
  return plural(jobs, "job");
}

/**
 * A pg_restore with several jobs connects once more when they have ended, with the password of its start. One job never connects again, so it
 * needs no password that is valid for longer.
 */
function indexFacts(job: SyncJob): JobFacts {
  return job.target.freshPassword === undefined ? job : { ...job, options: { jobs: 1 } };
}
