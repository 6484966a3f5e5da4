/** Step: the target's owner, rights and settings go to the new database: an exchange of staging would lose them. */
import { withDatabase } from "@pilot-light/core/postgres/endpoint";
import { openSession } from "@pilot-light/core/postgres/session";
import { sessionOptions } from "../read/connect.ts";
import type { StepContext } from "../job.ts";
import { carryRights } from "../target/privileges.ts";
import { applyDatabaseSettings, readTargetSettings } from "../target/settings.ts";
import type { DumpedSource } from "./dump-source.ts";

export async function carrySettings(
  { closed }: DumpedSource,
  { printer, environment, job, signal }: StepContext,
): Promise<void> {
  const { maintenance, target } = job;
  await printer.step("settings", async () => {
    const options = sessionOptions("target", environment, signal);
    await using old = await openSession(target, options);
    await using staging = await openSession(withDatabase(target, job.staging), options);
    const settings = await readTargetSettings(old);
    // The database first: its owner may make objects in the schema public, so that they can be given to it.
    await applyDatabaseSettings(maintenance, job.staging, settings);
    await carryRights(staging, settings.objects, closed);
    return { value: undefined, summary: "owner, rights and settings of the target carried over" };
  });
}
