/** The whole of a sync command: resolve, look at both sides, plan, ask, run. Takes and returns data; printing is in render.ts. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { canAsk, confirmByName } from "@pilot-light/core/cli/confirm";
import { confirmationNeeded } from "@pilot-light/core/errors";
import { messageOf, type OpsError } from "@pilot-light/core/ops-error";
import { directions, type DirectionName } from "./direction.ts";
import type { SyncJob, SyncResult } from "./job.ts";
import { inspectTarget, takeLocks } from "./plan/locks.ts";
import { dropDatabase } from "./target/maintenance.ts";
import type { SyncOptions } from "./options.ts";
import type { Plan } from "./plan/plan.ts";
import { prepare, type Prepared } from "./plan/prepare.ts";
import { printPlan, printResult } from "./commands/render.ts";
import { resolve } from "./resolve.ts";
import { runSync } from "./steps/run.ts";
import { openWorkDirectory } from "@pilot-light/core/work-directory";

/** Runs `pnpm sync <direction>`. */
export async function sync(
  name: DirectionName,
  options: SyncOptions,
  context: CommandContext,
): Promise<CommandOutcome> {
  const { printer } = context;
  if (options.dryRun) {
    const { plan, refusal } = await previewSync(name, options, context);
    printPlan(plan, printer, options);
    if (refusal !== undefined) throw refusal;
    printer.line(`  To run it:  pnpm sync ${name}`);
    return { outcome: "planned", document: { plan } };
  }
  const agree: Agree = async (plan, refusal) => {
    printPlan(plan, printer, options);
    if (options.yes || refusal !== undefined) return;
    const { database, system } = plan.target;
    await confirmByName(`This replaces the database ${database} on ${system}.`, database, context.signal);
  };
  if (!options.yes && !canAsk()) throw confirmationNeeded({ command: `pnpm sync ${name}` });
  const start = performance.now();
  const { plan, result } = await performSync(name, options, context, agree);
  printResult(plan, result, performance.now() - start, printer);
  return { outcome: "synced", document: { plan, result } };
}

/** What a sync would do, and why it must not be run. Prints and writes nothing. */
export async function previewSync(
  name: DirectionName,
  options: SyncOptions,
  context: CommandContext,
): Promise<Pick<Prepared, "plan" | "refusal">> {
  const direction = directions[name];
  const resolved = await resolve(direction, options.outputs, context);
  const beside = { state: await inspectTarget(resolved, context) };
  return await prepare(direction, options, resolved, beside, context);
}

/** Gets the plan as it is under the lock, with the reason why it will not be run if there is one. Nothing is written when it throws. */
export type Agree = (plan: Plan, refusal: OpsError | undefined) => Promise<void>;

/**
 * Syncs, printing each step.
 * @throws OpsError of any class
 */
export async function performSync(
  name: DirectionName,
  options: SyncOptions,
  context: CommandContext,
  agree: Agree,
): Promise<{ plan: Plan; result: SyncResult }> {
  const direction = directions[name];
  const resolved = await resolve(direction, options.outputs, context);
  await using locks = await takeLocks(resolved, context);
  const { plan, refusal, job } = await prepare(direction, options, resolved, locks, context);
  await agree(plan, refusal);
  if (refusal !== undefined) throw refusal;
  await removeLeftovers(job, locks.state.staging, context);
  await using work = await openWorkDirectory();
  return { plan, result: await runSync({ ...job, workDirectory: work.path }, context) };
}

/** Removes what a killed run left: staging databases and unfinished uploads. Needs the lock. */
async function removeLeftovers(
  { maintenance, store }: Omit<SyncJob, "workDirectory">,
  staging: readonly string[],
  { printer }: CommandContext,
): Promise<void> {
  for (const name of staging) {
    // One that cannot go now, because a monitor looks at it, is no reason not to sync: the name of the new one is another.
    const how = await dropDatabase(maintenance, name).then(
      () => `removed ${name}, left by an interrupted sync`,
      (error: unknown) => `could not remove ${name}, left by an interrupted sync: ${messageOf(error)}`,
    );
    printer.warn(how);
  }
  await store.abortStaleUploads(new Date()).catch((error: unknown) => printer.warn(messageOf(error)));
}
