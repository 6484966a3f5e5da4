/** Step: copy the owner, the privileges and the settings of the target to the staging database, which replaces it. */
import { acquireAll } from "@pilot-light/core/async/settle";
import { withDatabase } from "@pilot-light/core/postgres/endpoint";
import { openSession } from "@pilot-light/core/postgres/session";
import { sessionOptions } from "../read/connect.ts";
import type { StepContext } from "../job.ts";
import { carryPrivileges } from "../target/carry-privileges.ts";
import { applyDatabaseSettings, readTargetSettings } from "../target/settings.ts";
import type { LoadedSource } from "./loaded-source.ts";

export async function carrySettings(
  { closed }: Pick<LoadedSource, "closed">,
  { printer, environment, job, signal }: StepContext,
): Promise<void> {
  const { maintenance, target } = job;
  await printer.step("settings", async () => {
    const options = sessionOptions("target", environment, signal);
    const [one, other] = await acquireAll([
      openSession(target, options),
      openSession(withDatabase(target, job.staging), options),
    ]);
    await using live = one;
    await using staging = other;
    const settings = await readTargetSettings(live);
    const isLost = (parameter: { role: string | null; name: string }) =>
      job.lostSettings.some(({ role, name }) => role === parameter.role && name === parameter.name);
    const parameters = settings.parameters.filter((parameter) => !isLost(parameter));
    // The database first: its owner may create objects in the schema public, so that it can own them.
    await applyDatabaseSettings(maintenance, job.staging, { ...settings, parameters }, job.mark);
    await carryPrivileges(staging, settings.objects, {
      closed,
      allowWiderAccess: job.options.allowWiderAccess === true,
    });
    return { value: undefined, summary: "owner, privileges and settings of the target copied" };
  });
}
