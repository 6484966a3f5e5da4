/** Step: copy the owner, the privileges and the settings of the target to the staging database, which replaces it. */
import { settleAll } from "@pilot-light/core/async/settle";
import type { Session } from "@pilot-light/core/postgres/session";
import type { StepContext } from "../job.ts";
import { carryPrivileges } from "../target/carry-privileges.ts";
import { assertNamed } from "../target/maintenance.ts";
import { applyDatabaseSettings, readTargetSettings, type TargetSettings } from "../target/settings.ts";
import { readWrites, type Writes } from "./late-writes.ts";
import type { LoadedSource } from "./loaded-source.ts";
import { openTarget } from "./sessions.ts";

async function readLive(context: StepContext): Promise<{ settings: TargetSettings; writes: Writes }> {
  const { maintenance, oids, target } = context.job;
  await assertNamed(maintenance, target.database, oids.target);
  await using session = await openTarget(context);
  const [settings, writes] = await settleAll([readTargetSettings(session), readWrites(session)]);
  return { settings, writes };
}

/**
 * Reads the settings and copies them to the staging database, in a session that the step before has opened. It reads them as late as possible,
 * since the uploads before this step may take long: a REVOKE of that time must not end with the sync.
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
