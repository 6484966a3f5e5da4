/** Step: copy the owner, the privileges and the settings of the target to the staging database, which replaces it. */
import { settleAll } from "@pilot-light/core/async/settle";
import { withDatabase } from "@pilot-light/core/postgres/endpoint";
import { openSession, type Session } from "@pilot-light/core/postgres/session";
import { sessionOptions } from "../read/connect.ts";
import type { StepContext } from "../job.ts";
import { carryPrivileges } from "../target/carry-privileges.ts";
import { assertNamed } from "../target/maintenance.ts";
import { applyDatabaseSettings, readTargetSettings, type TargetSettings } from "../target/settings.ts";
import { readWrites, type Writes } from "./late-writes.ts";
import type { LoadedSource } from "./loaded-source.ts";

/** Opens the session of this step in the staging database, while the rows are verified. The signal of the context closes it as well. */
export async function openSettings({ environment, job, signal }: StepContext): Promise<Session> {
  const { staging, target } = job;
  return await openSession(withDatabase(target, staging), sessionOptions("target", environment, signal));
}

async function readLive({
  environment,
  job,
  signal,
}: StepContext): Promise<{ settings: TargetSettings; writes: Writes }> {
  await assertNamed(job.maintenance, job.target.database, job.oids.target);
  await using session = await openSession(job.target, sessionOptions("target", environment, signal));
  const [settings, writes] = await settleAll([readTargetSettings(session), readWrites(session)]);
  return { settings, writes };
}

/**
 * Reads the settings and copies them. It reads them as late as possible, since the uploads before this step may take long: a REVOKE of that time must
 * not end with the sync.
 * @returns what was written to the target by then
 */
export async function carrySettings(
  session: Session,
  { closed }: Pick<LoadedSource, "closed">,
  context: StepContext,
): Promise<Writes> {
  const { printer, job } = context;
  return await printer.step("settings", async () => {
    await using staging = session;
    const { settings, writes } = await readLive(context);
    const isLost = (parameter: { role: string | null; name: string }) =>
      job.lostSettings.some(({ role, name }) => role === parameter.role && name === parameter.name);
    const parameters = settings.parameters.filter((parameter) => !isLost(parameter));
    // The owner of the database is set first: it may then create objects in the schema public, which it must be able to do to own them.
    await applyDatabaseSettings(job.maintenance, job.staging, { ...settings, parameters }, job.mark);
    await carryPrivileges(staging, settings.objects, {
      closed,
      allowWiderAccess: job.options.allowWiderAccess === true,
    });
    return { value: writes, summary: "owner, privileges and settings of the target copied" };
  });
}
