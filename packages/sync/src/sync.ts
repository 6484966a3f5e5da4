/** The whole of a sync command: resolve, look at both sides, plan, ask, run. Takes and returns data; printing is in render.ts. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/command";
import { messageOf } from "@pilot-light/core/errors";
import { canAsk, confirmByName, confirmationNeeded } from "./confirm.ts";
import { directions, type DirectionName } from "./direction.ts";
import type { SyncJob } from "./job.ts";
import { inspectTarget, takeLocks } from "./locks.ts";
import { dropDatabase } from "./maintenance.ts";
import type { SyncOptions } from "./options.ts";
import { prepare } from "./prepare.ts";
import { printPlan, printResult } from "./render.ts";
import { resolve } from "./resolve.ts";
import { runSync } from "./run.ts";
import { openWorkDirectory } from "./work-directory.ts";

/** Runs `pnpm sync <direction>`. */
export async function sync(
  name: DirectionName,
  options: SyncOptions,
  context: CommandContext,
): Promise<CommandOutcome> {
  const start = performance.now();
  const { console, signal } = context;
  const direction = directions[name];
  const resolved = await resolve(direction, options.outputsFile, context);
  if (!options.dryRun && !options.yes && !canAsk()) throw confirmationNeeded(`pnpm sync ${name}`);
  await using locks = options.dryRun ? undefined : await takeLocks(resolved, context);
  const beside = locks ?? { state: await inspectTarget(resolved, context) };
  const { plan, refusal, job } = await prepare(direction, options, resolved, beside, context);
  printPlan(plan, console, options);
  if (refusal !== undefined) throw refusal;
  if (job === undefined) {
    console.line(`  To run it:  pnpm sync ${name}`);
    return { outcome: "planned", document: { plan } };
  }
  if (!options.yes) {
    await confirmByName(
      `This replaces the database ${plan.target.database} on ${plan.target.system}.`,
      plan.target.database,
      signal,
    );
  }
  await removeLeftovers(job, beside.state.staging, context);
  await using work = await openWorkDirectory();
  const result = await runSync({ ...job, workDirectory: work.path }, context);
  printResult(plan, result, performance.now() - start, console);
  return { outcome: "synced", document: { plan, result } };
}

/** Removes what a killed run left: staging databases and unfinished uploads. Needs the lock. */
async function removeLeftovers(
  { maintenance, store }: Omit<SyncJob, "workDirectory">,
  staging: readonly string[],
  { console }: CommandContext,
): Promise<void> {
  for (const name of staging) {
    // One that cannot go now, because a monitor looks at it, is no reason not to sync: the name of the new one is another.
    const how = await dropDatabase(maintenance, name).then(
      () => `removed ${name}, left by an interrupted sync`,
      (error: unknown) => `could not remove ${name}, left by an interrupted sync: ${messageOf(error)}`,
    );
    console.warn(how);
  }
  await store.abortStaleUploads(new Date()).catch((error: unknown) => console.warn(messageOf(error)));
}
