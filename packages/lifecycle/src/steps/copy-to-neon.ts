/** The last copy before a deactivation. It stops the backend, which writes to RDS, and starts it again when the copy fails. */
import type { Outputs } from "@pilot-light/core/contract";
import { deployCommand } from "@pilot-light/core/terraform/deploy-command";
import { OpsError, messageOf } from "@pilot-light/core/ops-error";
import { plural } from "@pilot-light/core/output/format";
import { assertCopied, findOutdatedCopy } from "../preflight/copy-check.ts";
import { resumeLine } from "../journal/command-hints.ts";
import { findDone } from "../journal/journal.ts";
import type { Preflight } from "../preflight/preflight.ts";
import type { StepRunner } from "../journal/step-runner.ts";
import { syncNow, syncOptions, type ModeChangeContext } from "../mode-change.ts";
import { mayWrite, readBackend, scaleBackend, waitUntilBackendStopped } from "../aws/backend-service.ts";

/** Checks whether the copy of the run to resume still counts. Without such a copy there is nothing to check. */
export async function checkEarlierCopy(
  preflight: Preflight,
  existing: Promise<Outputs>,
  context: ModeChangeContext,
): Promise<boolean> {
  const { resume, options } = context;
  if (resume === undefined || findDone(resume, "sync") === undefined) return false;
  const check = preflight.check("copy", async () => {
    const outputs = await existing;
    if (outputs.database_endpoint === "") {
      return { value: true, summary: "RDS is deleted, so the copy in Neon is the only one" };
    }
    const outdated = await findOutdatedCopy(outputs, resume.copy, options, context);
    return outdated === undefined
      ? { value: true, summary: "Neon has the same data as RDS" }
      : { value: false, summary: `the copy does not count: ${outdated}` };
  });
  // The report of the preflight throws a failure.
  return await check.catch(() => true);
}

/** The step `sync` of a deactivation. */
export async function copyToNeon(
  runner: StepRunner,
  outputs: Outputs,
  context: ModeChangeContext,
): Promise<void> {
  const { options } = context;
  let isReplaced = false;
  await runner.step(
    "sync",
    async () => {
      if (!options.keepBackend) await stopBackend(context);
      await syncNow("rds-to-neon", syncOptions("deactivate", options, resumeLine), outputs, context).catch(
        (error: unknown) => {
          isReplaced = error instanceof OpsError && (error.state === "changed" || error.state === "unknown");
          throw options.keepBackend ? error : withTunnelHint(error);
        },
      );
      isReplaced = true;
      const copy = await assertCopied(outputs, undefined, options, context);
      await context.journal.change(() => ({ copy }));
    },
    {
      state: () => `${isReplaced ? "Neon was replaced by the data of RDS. " : ""}${unchangedState(context)}`,
      undo: () => restartBackend(context),
    },
  );
}

/** The state of a deactivation that has not reached its deployment. */
function unchangedState({ resume }: ModeChangeContext): string {
  return resume?.begun.includes("deploy") === true
    ? "This run has destroyed nothing. An earlier run has destroyed some resources."
    : "Nothing was destroyed. The environment is active.";
}

async function stopBackend({
  aws,
  environment,
  printer,
  journal,
  names,
  signal,
}: ModeChangeContext): Promise<void> {
  const tasks = await readBackend(aws, names, signal);
  if (tasks === undefined || !mayWrite(tasks)) return;
  await printer.step("backend", async (show) => {
    show("stopping");
    // The journal is written first: if this process is killed, the next run must know the number of tasks.
    await journal.change(({ pausedTasks }) => ({ pausedTasks: pausedTasks ?? tasks.desired }));
    await scaleBackend(aws, names, 0, signal);
    await waitUntilBackendStopped(aws, names, environment, signal);
    const summary = `stopped (${plural(tasks.desired, "task")}), so that no row is written after the copy`;
    return { value: undefined, summary };
  });
}

/**
 * Starts the backend again, even after an interruption. Then AWS has some seconds to answer.
 * @returns a failed restart as a sentence; it must not hide the error that made the restart necessary
 */
async function restartBackend(context: ModeChangeContext): Promise<string[]> {
  const { aws, cleaningSignal, printer, journal, names } = context;
  const tasks = journal.unfinished?.pausedTasks ?? null;
  if (tasks === null) return [];
  try {
    await scaleBackend(aws, names, tasks, cleaningSignal);
    await journal.change(() => ({ pausedTasks: null }));
    printer.row({ label: `  ${"backend".padEnd(10)}`, text: `started again (${plural(tasks, "task")})` });
    return [];
  } catch (error) {
    const reason = cleaningSignal.aborted ? "AWS did not answer in time." : messageOf(error);
    return [`The backend is stopped: ${reason} To start it:  ${deployCommand}`];
  }
}

/** A tunnel through a task of the backend closes when the backend stops. */
function withTunnelHint(error: unknown): unknown {
  if (!(error instanceof OpsError) || error.code !== "UNREACHABLE") return error;
  const hint =
    "The backend is stopped now. If the tunnel to RDS goes through one of its tasks, add  --keep-backend";
  return error.with({ hint: error.hint === undefined ? hint : `${error.hint}\n  ${hint}` });
}
