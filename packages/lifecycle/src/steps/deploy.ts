/** The step `deploy`: applies the plan that was confirmed. */
import type { Printer } from "@pilot-light/core/output/printer";
import { interrupted } from "@pilot-light/core/errors";
import { terraformStalled } from "../errors.ts";
import { messageOf, type OpsErrorOptions } from "@pilot-light/core/ops-error";
import { Progress } from "./deploy-progress.ts";
import { describeDiagnostic, terraformError } from "../terraform/errors.ts";
import type { SavedPlan, Stack } from "../terraform/stack.ts";

type DeployedPlan = Pick<SavedPlan, "file" | "changes" | "remoteRun">;

/**
 * Applies the plan.
 * @param evenWithoutChanges also applies a plan that changes no resource: it may change outputs
 * @throws OpsError STATE_LOCKED, TERRAFORM_FAILED, INTERRUPTED with the number of changes that were made
 */
export async function deploy(
  stack: Pick<Stack, "apply" | "folder" | "logFile">,
  plan: DeployedPlan,
  { printer, signal }: { printer: Printer; signal: AbortSignal },
  { evenWithoutChanges = false } = {},
): Promise<void> {
  const progress = new Progress(plan.changes.length, printer);
  const words = wordsFor(plan, progress, stack.logFile);
  await printer.step("deploy", async (show) => {
    if (plan.changes.length === 0 && !evenWithoutChanges) return { value: undefined, summary: "no changes" };
    if (words.begin !== "") printer.progress(`    ${words.begin}`);
    const applied = await stack.apply(
      plan,
      (event) => show(progress.take(event)),
      () => {
        for (const line of words.stopping) printer.progress(`    ${line}`);
      },
    );
    const left = applied.leftRunning === undefined ? [] : leftRunning(applied.leftRunning, stack);
    if (signal.aborted) {
      const { sentence, details = [], ...options } = words.interrupted();
      const facts = { interruption: messageOf(signal.reason), progress: sentence };
      throw interrupted(facts, { ...options, details: [...details, ...left] });
    }
    if (applied.stall !== undefined && applied.exitCode !== 0) {
      throw terraformStalled({ command: "apply", ...applied.stall }, { details: [words.failed(), ...left] });
    }
    if (applied.exitCode !== 0) {
      const error = terraformError("Terraform failed", applied.diagnostics, applied.tail, stack.folder);
      if (error.code === "STATE_LOCKED") throw error;
      throw error.with({
        details: [...error.details, words.failed(), ...(applied.killedBy === undefined ? [] : lostRecord)],
        hint: "Fix the errors above, then run the command again.",
        cause: error,
      });
    }
    for (const diagnostic of applied.diagnostics) printer.detail(describeDiagnostic(diagnostic).join(" "));
    return { value: undefined, summary: plan.changes.length === 0 ? "no changes" : words.done() };
  });
}

const lostRecord = [
  "Terraform could not write its state in order. The state may lack the resources that it created last. If AWS then refuses a resource because it exists, import it, or delete it in AWS.",
];

/** Explains that a terraform still runs and waits for AWS. */
function leftRunning(pid: number, { logFile }: Pick<Stack, "logFile">): string[] {
  return [
    `AWS does not answer. Terraform still runs (process ${pid}): when AWS answers, it writes its state and ends.`,
    `Until then it holds the lock of the state. Its log: ${logFile}`,
  ];
}

/** The texts of an apply. */
interface Words {
  begin: string;
  stopping: readonly string[];
  interrupted(): { sentence: string } & OpsErrorOptions;
  failed(): string;
  done(): string;
}

/** Terraform Cloud sends its log, but not the events by which changes are counted. This process cannot stop a run in Terraform Cloud. */
function wordsFor({ changes, remoteRun }: DeployedPlan, progress: Progress, logFile: string): Words {
  const all = changes.length;
  if (remoteRun === undefined) {
    const made = () => `${progress.done} of ${all} changes were made`;
    return {
      begin: "",
      stopping: [
        "Terraform stops in order and writes its state. This may take minutes.",
        "Changes that were made remain. If this was a mode change, --resume completes the mode change.",
      ],
      interrupted: () => ({ sentence: `${made()}.` }),
      failed: () => `${made()}. Log of Terraform: ${logFile}`,
      done: () => `${progress.done} of ${all} changes made`,
    };
  }
  return {
    begin: `Terraform Cloud applies the plan: ${remoteRun}`,
    stopping: ["The run continues in Terraform Cloud. This command only stops watching it."],
    interrupted: () => ({
      sentence: "The run in Terraform Cloud was not stopped.",
      details: [`Its log shows how many of the ${all} changes were made: ${remoteRun}`],
      hint: "Wait until that run has ended, or stop it in Terraform Cloud.",
    }),
    failed: () =>
      `The log of the run shows how many of the ${all} changes were made: ${remoteRun} (copy: ${logFile})`,
    done: () => `Terraform Cloud has made all ${all} changes`,
  };
}
