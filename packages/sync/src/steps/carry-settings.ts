/** Step: copy the owner, the privileges and the settings of the target to the staging database, which replaces it. */
import { withDatabase, type Endpoint } from "@pilot-light/core/postgres/endpoint";
import { openSession, type Session, type SessionOptions } from "@pilot-light/core/postgres/session";
import { sessionOptions } from "../read/connect.ts";
import type { StepContext } from "../job.ts";
import { carryPrivileges } from "../target/carry-privileges.ts";
import { applyDatabaseSettings, readTargetSettings, type TargetSettings } from "../target/settings.ts";
import type { LoadedSource } from "./loaded-source.ts";

/** The data for this step. It is read while the rows are verified. */
export interface SettingsToCarry {
  settings: TargetSettings;
  /** In the staging database. */
  session: Session;
}

/**
 * Reads the settings of the target, and connects to the staging database: one connection at a time, since the number of connections may be
 * limited. The signal of the context closes the session as well.
 */
export async function readSettings({ environment, job, signal }: StepContext): Promise<SettingsToCarry> {
  const { staging, target } = job;
  const options = sessionOptions("target", environment, signal);
  const settings = await readLive(target, options);
  return { settings, session: await openSession(withDatabase(target, staging), options) };
}

async function readLive(target: Endpoint, options: SessionOptions): Promise<TargetSettings> {
  await using session = await openSession(target, options);
  return await readTargetSettings(session);
}

export async function carrySettings(
  { settings, session }: SettingsToCarry,
  { closed }: Pick<LoadedSource, "closed">,
  { printer, job }: StepContext,
): Promise<void> {
  await printer.step("settings", async () => {
    await using staging = session;
    const isLost = (parameter: { role: string | null; name: string }) =>
      job.lostSettings.some(({ role, name }) => role === parameter.role && name === parameter.name);
    const parameters = settings.parameters.filter((parameter) => !isLost(parameter));
    // The owner of the database is set first: it may then create objects in the schema public, which it must be able to do to own them.
    await applyDatabaseSettings(job.maintenance, job.staging, { ...settings, parameters }, job.mark);
    await carryPrivileges(staging, settings.objects, {
      closed,
      allowWiderAccess: job.options.allowWiderAccess === true,
    });
    return { value: undefined, summary: "owner, privileges and settings of the target copied" };
  });
}
