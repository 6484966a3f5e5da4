/** Applying the plan that was agreed to. */
import type { Printer } from "@pilot-light/core/output/printer";
import { interrupted } from "@pilot-light/core/errors";
import { OpsError } from "@pilot-light/core/ops-error";
import { Progress } from "./deploy-progress.ts";
import { describeDiagnostic, terraformError } from "../terraform/errors.ts";
import type { SavedPlan, Stack } from "../terraform/stack.ts";

type DeployedPlan = Pick<SavedPlan, "file" | "changes" | "remoteRun">;

/**
 * Applies the plan.
 * @throws OpsError STATE_LOCKED, TERRAFORM_FAILED, INTERRUPTED with how far it came
 */
export async function deploy(
  stack: Pick<Stack, "apply" | "folder" | "logFile">,
  plan: DeployedPlan,
  { printer, signal }: { printer: Printer; signal: AbortSignal },
): Promise<void> {
  const progress = new Progress(plan.changes.length, printer);
  const words = wordsFor(plan, progress, stack.logFile);
  await printer.step("deploy", async (show) => {
    if (plan.changes.length === 0) return { value: undefined, summary: "nothing to change" };
    if (words.begins !== "") printer.progress(`    ${words.begins}`);
    const applied = await stack.apply(
      plan,
      (event) => show(progress.take(event)),
      () => printer.progress(`    ${words.stopping}`),
    );
    if (signal.aborted) {
      const reason: unknown = signal.reason;
      const { message } = reason instanceof Error ? reason : interrupted({ signal: "a signal" });
      const { sentence, ...more } = words.interrupted();
      throw new OpsError("interrupted", "INTERRUPTED", `${message} ${sentence}`, more);
    }
    if (applied.exitCode !== 0) {
      const error = terraformError("Terraform failed", applied.diagnostics, applied.tail, stack.folder);
      if (error.code === "STATE_LOCKED") throw error;
      throw error.with({
        details: [...error.details, words.failed()],
        hint: "Put right what is said above.",
        cause: error,
      });
    }
    for (const diagnostic of applied.diagnostics) printer.detail(describeDiagnostic(diagnostic).join(" "));
    return { value: undefined, summary: words.done() };
  });
}

/** How an apply is told, as it goes. */
interface Words {
  begins: string;
  stopping: string;
  interrupted(): { sentence: string; details?: readonly string[]; hint?: string };
  failed(): string;
  done(): string;
}

/** Terraform Cloud sends its log, not the events that changes are counted by, and cannot be stopped from here. */
function wordsFor({ changes, remoteRun }: DeployedPlan, progress: Progress, logFile: string): Words {
  const all = changes.length;
  if (remoteRun === undefined) {
    const far = () => `${progress.done} of ${all} changes were made`;
    return {
      begins: "",
      stopping:
        "Terraform comes to an orderly end and writes its state: this may take minutes. What was only half made is made again by --resume.",
      interrupted: () => ({ sentence: `${far()}.` }),
      failed: () => `${far()}; Terraform's own log: ${logFile}`,
      done: () => `${progress.done} of ${all} changes made`,
    };
  }
  const far = `${remoteRun}; how many of the ${all} changes were made, its log says`;
  return {
    begins: `Terraform Cloud applies it: ${remoteRun}`,
    stopping: "Terraform Cloud goes on with it; what ends here is the view of it.",
    interrupted: () => ({
      sentence: "The run in Terraform Cloud was not stopped.",
      details: [far],
      hint: "Wait until that run has ended, or stop it there.",
    }),
    failed: () => `${far}; a copy: ${logFile}`,
    done: () => `Terraform Cloud has made all ${all} changes`,
  };
}
