/** The restore point of a sync to Neon, which is a branch of the target's branch: planned before a sync, and restored by an undo. */
import type { CommandContext } from "@pilot-light/core/cli/command";
import { readVariable } from "@pilot-light/core/config/env";
import { timestamp } from "@pilot-light/core/dump-keys";
import { isRefusal } from "@pilot-light/core/neon/neon-api";
import { openNeonProject, type NeonBranch, type NeonProject } from "@pilot-light/core/neon/neon-project";
import { preservedName, readKeepDays, restorePointName } from "@pilot-light/core/neon/restore-point";
import { OpsError, withState } from "@pilot-light/core/ops-error";
import { openSession, type SessionOptions } from "@pilot-light/core/postgres/session";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import type { Plan, UndoPlan } from "../documents.ts";
import type { RestorePoint } from "../job.ts";

/** The project of the target, and its branch. */
type Place = Omit<RestorePoint, "name">;

/** Functions for the client of Neon's API. */
function neonUse({ environment, printer }: Pick<CommandContext, "environment" | "printer">) {
  return {
    environment,
    hide: (secret: string) => printer.redactor.add(secret),
    log: (line: string) => printer.detail(line),
  };
}

/**
 * Where the restore point of a sync to this target is created; undefined for RDS, without NEON_API_KEY, and with `--keep-branch 0`.
 * @throws OpsError NEON_KEY_REJECTED, NEON_NOT_FOUND, NUMBER_INVALID, NEON_PROJECT_UNKNOWN (configuration), NEON_API_* (target)
 */
export async function restorePointPlace(
  { system, host }: Pick<Endpoint, "host" | "system">,
  context: CommandContext,
): Promise<Place | undefined> {
  if (system !== "neon") return undefined;
  const keepDays = readKeepDays(context.environment);
  if (keepDays > 0) return await placeOf({ host }, keepDays, context);
  if (readVariable(context.environment, "NEON_API_KEY") !== undefined) {
    context.printer.warn(
      "no restore point is created in Neon: --keep-branch or PILOT_LIGHT_KEEP_BRANCH_DAYS is 0",
    );
  }
  return undefined;
}

async function placeOf(
  { host }: Pick<Endpoint, "host">,
  keepDays: number,
  context: CommandContext,
): Promise<Place | undefined> {
  const project = await openNeonProject(neonUse(context), host, context.signal);
  if (project === undefined) return undefined;
  return { project, parent: await project.branchOf(host, context.signal), keepDays };
}

/**
 * Names the restore point of a run.
 * @param stamp the time of the run, as in the keys of its dumps
 */
export function atTime(place: Place | undefined, stamp: string): RestorePoint | undefined {
  return place && { ...place, name: restorePointName(stamp) };
}

/** The restore point as the plan states it. */
export function describeRestorePoint(planned: RestorePoint | undefined): Plan["restorePoint"] {
  if (planned === undefined) return null;
  const { project, parent, name, keepDays } = planned;
  return { project: project.id, projectFrom: project.source, branch: parent.name, name, keepDays };
}

/** A restore of a branch to a restore point. */
export interface PlannedReturn {
  plan: NonNullable<UndoPlan["restorePoint"]>;
  project: NeonProject;
  branch: NeonBranch;
  from: NeonBranch;
}

/**
 * The newest restore point of a target; undefined for RDS, without NEON_API_KEY, and if Neon has deleted it.
 * @param now names the branch with the present state
 * @param stamp of the run that created the restore point, if only that one counts
 */
export async function findRestorePoint(
  target: Endpoint,
  context: CommandContext,
  now: Date,
  stamp?: string,
): Promise<PlannedReturn | undefined> {
  if (target.system !== "neon") return undefined;
  const place = await placeOf(target, readKeepDays(context.environment), context);
  if (place === undefined) return undefined;
  const { project, parent: branch } = place;
  const from = await project.newestRestorePoint(branch, context.signal, stamp);
  if (from === undefined) return undefined;
  const { name, createdAt } = from;
  const preserved = preservedName(timestamp(now));
  return {
    plan: { project: project.id, branch: branch.name, name, createdAt, preserved },
    project,
    branch,
    from,
  };
}

/** Milliseconds in which the target must accept connections after Neon has restored its branch. */
const reopening = 60_000;

/**
 * Lets Neon restore the branch of a target, and waits until the target accepts connections again.
 * @throws OpsError NEON_OPERATION_FAILED, NEON_API_* (target); its state tells what happened to the target
 */
export async function returnToRestorePoint(
  target: Endpoint,
  { project, branch, from, plan }: PlannedReturn,
  sessions: SessionOptions & { signal: AbortSignal },
): Promise<void> {
  const { signal } = sessions;
  await project.keepBranch(from, signal);
  await project.restoreBranch(branch, from, plan.preserved, signal).catch((error: unknown) => {
    if (isRefusal(error) || !(error instanceof OpsError)) throw withState(error, "target-unchanged");
    const page = `https://console.neon.tech/app/projects/${project.id}/branches`;
    const hint = `Neon may have restored ${branch.name}: then the branch ${plan.preserved} exists. See the branches:  ${page}`;
    throw error.with({ hint, state: "unknown" });
  });
  try {
    await using session = await openSession(target, { ...sessions, deadline: reopening });
    await session.query("select 1");
  } catch (error) {
    throw withState(error, "changed");
  }
}
