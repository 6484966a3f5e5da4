/** The last copy before a deactivation: the backend, which writes to RDS, is stopped first, and started again if it fails. */
import type { Outputs } from "@pilot-light/core/contract";
import { deployCommand } from "@pilot-light/core/deploy-command";
import { OpsError, messageOf } from "@pilot-light/core/errors";
import { plural } from "@pilot-light/core/format";
import { findDone } from "./journal.ts";
import type { SwitchOptions } from "./options.ts";
import type { Run } from "./run.ts";
import { syncNow, syncOptions, type Switch } from "./switch.ts";
import { readWriters, scaleWriters, waitUntilStopped } from "./writers.ts";

/** Whether the copy of a resumed run still counts: it does while the backend has not been started again. */
export async function isCopied(
  reading: Promise<Outputs>,
  { resume, aws, console, signal }: Switch,
): Promise<boolean> {
  if (resume === undefined || findDone(resume, "sync") === undefined) return false;
  const outputs = await reading.catch(() => undefined);
  // What cannot be read is told by the look that reads it.
  if (outputs === undefined) return true;
  const writers = await readWriters(aws, outputs, signal);
  if (writers === undefined || (writers.desired === 0 && writers.running === 0)) return true;
  console.warn("the backend was started again after the copy: RDS may have newer rows than Neon");
  return false;
}

/** The step `sync` of a deactivation. */
export async function copyToNeon(
  run: Run,
  outputs: Outputs,
  options: SwitchOptions,
  context: Switch,
): Promise<void> {
  await run.step(
    "sync",
    async () => {
      if (!options.keepBackend) await stopWriters(outputs, context);
      await syncNow("rds-to-neon", syncOptions(options), outputs, context).catch((error: unknown) => {
        throw options.keepBackend ? error : explained(error);
      });
      if (!options.keepBackend) await assertStopped(outputs, context);
    },
    {
      standing: "Nothing was destroyed; the environment is active.",
      undo: () => startWriters(outputs, context),
    },
  );
}

async function stopWriters(outputs: Outputs, { aws, console, journal, signal }: Switch): Promise<void> {
  const writers = await readWriters(aws, outputs, signal);
  if (writers === undefined || (writers.desired === 0 && writers.running === 0)) return;
  await console.step("backend", async (show) => {
    show("stopping");
    // The journal first: a run that is killed in between must know how many there were.
    await journal.change(({ pausedTasks }) => ({ pausedTasks: pausedTasks ?? writers.desired }));
    await scaleWriters(aws, outputs, 0, signal);
    await waitUntilStopped(aws, outputs, signal);
    const summary = `stopped (${plural(writers.desired, "task")}), so that nothing is written after the copy`;
    return { value: undefined, summary };
  });
}

/**
 * What was started while the copy was taken may have written to RDS after it.
 * @throws OpsError BACKEND_STARTED (precondition)
 */
async function assertStopped(outputs: Outputs, { aws, signal }: Switch): Promise<void> {
  const writers = await readWriters(aws, outputs, signal);
  if (writers === undefined || (writers.desired === 0 && writers.running === 0)) return;
  throw new OpsError(
    "precondition",
    "BACKEND_STARTED",
    `Somebody has started ${outputs.backend_service_name} while the copy was taken: RDS may have newer rows than Neon.`,
    { hint: "Find out who, such as a deployment in CI, and wait until it has ended." },
  );
}

/** Takes the stop back, after an interruption as well. What goes wrong is told, and does not hide why it was needed. */
async function startWriters(outputs: Outputs, { aws, console, journal }: Switch): Promise<void> {
  const tasks = journal.unfinished?.pausedTasks ?? null;
  if (tasks === null) return;
  try {
    await scaleWriters(aws, outputs, tasks);
    await journal.change(() => ({ pausedTasks: null }));
    console.line(`  ${"backend".padEnd(10)}started again (${plural(tasks, "task")})`);
  } catch (error) {
    console.warn(`${messageOf(error)} Start it:  ${deployCommand(true)}`);
  }
}

/** A tunnel through a task of the backend ends with it. */
function explained(error: unknown): unknown {
  if (!(error instanceof OpsError) || error.code !== "UNREACHABLE") return error;
  const tunnel =
    "Does the tunnel to RDS go through a task of the backend, which was stopped? Then add  --keep-backend";
  return error.with({ hint: error.hint === undefined ? tunnel : `${error.hint}\n  ${tunnel}` });
}
