/** The last copy before a deactivation: the backend, which writes to RDS, is stopped first, and started again if it fails. */
import type { Outputs } from "@pilot-light/core/contract";
import { deployCommand } from "@pilot-light/core/terraform/deploy-command";
import { OpsError, messageOf } from "@pilot-light/core/ops-error";
import { plural } from "@pilot-light/core/output/format";
import { assertCopied, findOutdatedCopy } from "../preflight/copy-check.ts";
import { findDone } from "../journal/journal.ts";
import type { Preflight } from "../preflight/preflight.ts";
import type { Run } from "../journal/step-runner.ts";
import { syncNow, syncOptions, type Switch } from "../mode-change.ts";
import { mayWrite, readWriters, scaleWriters, waitUntilStopped } from "../aws/backend-service.ts";

/** Whether the copy of the run that goes on still counts: a look of its own, where there is one. */
export async function lookAtCopy(
  preflight: Preflight,
  existing: Promise<Outputs>,
  context: Switch,
): Promise<boolean> {
  const { resume, options } = context;
  if (resume === undefined || findDone(resume, "sync") === undefined) return false;
  const looking = preflight.look("copy", async () => {
    const outputs = await existing;
    if (outputs.database_endpoint === "") {
      return { value: true, summary: "RDS has gone: what is in Neon is all there is" };
    }
    const outdated = await findOutdatedCopy(outputs, resume.copy, options, context);
    return outdated === undefined
      ? { value: true, summary: "Neon has what RDS has" }
      : { value: false, summary: `does not count: ${outdated}` };
  });
  // What fails is reported with all the rest.
  return await looking.catch(() => true);
}

/** The step `sync` of a deactivation. */
export async function copyToNeon(run: Run, outputs: Outputs, context: Switch): Promise<void> {
  const { options } = context;
  let isReplaced = false;
  await run.step(
    "sync",
    async () => {
      if (!options.keepBackend) await stopWriters(context);
      await syncNow("rds-to-neon", syncOptions(options), outputs, context).catch((error: unknown) => {
        isReplaced = error instanceof OpsError && (error.state === "changed" || error.state === "unknown");
        throw options.keepBackend ? error : explained(error);
      });
      isReplaced = true;
      const copy = await assertCopied(outputs, undefined, options, context);
      await context.journal.change(() => ({ copy }));
    },
    {
      standing: () => `${isReplaced ? "Neon was replaced by what RDS had. " : ""}${untouched(context)}`,
      undo: () => startWriters(context),
    },
  );
}

/** What a deactivation that has not destroyed anything yet can say. */
function untouched({ resume }: Switch): string {
  return resume?.begun.includes("deploy") === true
    ? "Nothing more was destroyed; what an earlier run has destroyed is gone."
    : "Nothing was destroyed; the environment is active.";
}

async function stopWriters({ aws, printer, journal, names, signal }: Switch): Promise<void> {
  const writers = await readWriters(aws, names, signal);
  if (writers === undefined || !mayWrite(writers)) return;
  await printer.step("backend", async (show) => {
    show("stopping");
    // The journal first: a run that is killed in between must know how many there were.
    await journal.change(({ pausedTasks }) => ({ pausedTasks: pausedTasks ?? writers.desired }));
    await scaleWriters(aws, names, 0, signal);
    await waitUntilStopped(aws, names, signal);
    const summary = `stopped (${plural(writers.desired, "task")}), so that nothing is written after the copy`;
    return { value: undefined, summary };
  });
}

/**
 * Takes the stop back, after an interruption as well.
 * @returns what went wrong with that; it does not hide why it was needed
 */
async function startWriters({ aws, printer, journal, names }: Switch): Promise<string[]> {
  const tasks = journal.unfinished?.pausedTasks ?? null;
  if (tasks === null) return [];
  try {
    await scaleWriters(aws, names, tasks);
    await journal.change(() => ({ pausedTasks: null }));
    printer.line(`  ${"backend".padEnd(10)}started again (${plural(tasks, "task")})`);
    return [];
  } catch (error) {
    return [`The backend is stopped: ${messageOf(error)} Start it:  ${deployCommand(true)}`];
  }
}

/** A tunnel through a task of the backend ends with it. */
function explained(error: unknown): unknown {
  if (!(error instanceof OpsError) || error.code !== "UNREACHABLE") return error;
  const tunnel =
    "Does the tunnel to RDS go through a task of the backend, which was stopped? Then add  --keep-backend";
  return error.with({ hint: error.hint === undefined ? tunnel : `${error.hint}\n  ${tunnel}` });
}
