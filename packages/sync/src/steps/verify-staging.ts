/** Step: compare the staging database with the snapshot, and refresh its statistics. */
import { plural } from "@pilot-light/core/output/format";
import { withDatabase } from "@pilot-light/core/postgres/endpoint";
import { sessionOptions } from "../read/connect.ts";
import { readInventory } from "../read/inventory.ts";
import type { StepContext } from "../job.ts";
import { openSessions } from "../read/snapshot.ts";
import { analyzeParents, assertEqual, fingerprintStagingTable } from "../copy/verify.ts";
import type { DumpedSource } from "./dump-source.ts";

export async function verifyStaging(
  { inventory, sequencesAfter }: DumpedSource,
  context: StepContext,
): Promise<void> {
  const { printer, environment, job, signal } = context;
  const { options, staging, skippedExtensions, target, versions } = job;
  await printer.step("verify", async (progress) => {
    const endpoint = withDatabase(target, staging);
    await using sessions = await openSessions(
      endpoint,
      options.jobs,
      sessionOptions("target", environment, signal),
    );
    const hasPublic = inventory.objects.some(
      ({ kind, identity }) => kind === "schema" && identity === "public",
    );
    // A new database has this schema; the source's owner may have dropped it.
    if (!hasPublic) await sessions.first.query("drop schema if exists public");
    const report = (done: number, all: number) => progress(printer.bar(done, all, "tables"));
    const actual = await readInventory(sessions.all, options.verify, report, fingerprintStagingTable);
    assertEqual(inventory, sequencesAfter, actual, { sameMajor: versions.sameMajor, skippedExtensions });
    await analyzeParents(sessions.first);
    const how = options.verify === "checksums" ? "rows and hashes" : "row counts";
    const what = [
      `${plural(inventory.tables.size, "table")} (${how})`,
      plural(inventory.sequences.length, "sequence"),
      plural(inventory.objects.length, "object"),
    ];
    return { value: undefined, summary: `equal: ${what.join(", ")}` };
  });
}
