/** Applying the plan that was agreed to, with what is being made right now and how long that usually takes. */
import type { Console } from "@pilot-light/core/console";
import { OpsError, interrupted } from "@pilot-light/core/errors";
import { formatDuration } from "@pilot-light/core/format";
import { usualMinutes } from "./durations.ts";
import { describeDiagnostic, terraformError } from "./terraform/errors.ts";
import type { ResourceEvent } from "./terraform/events.ts";
import type { SavedPlan, Stack } from "./terraform/stack.ts";

/** Seconds from which on a finished resource gets a line of its own. */
const worthALine = 20;

/**
 * Applies the plan.
 * @throws OpsError STATE_LOCKED, TERRAFORM_FAILED, INTERRUPTED with how far it came
 */
export async function deploy(
  stack: Pick<Stack, "apply" | "folder" | "logFile">,
  plan: Pick<SavedPlan, "file" | "changes" | "remoteRun">,
  { console, signal }: { console: Console; signal: AbortSignal },
): Promise<void> {
  const progress = new Progress(plan.changes.length, console);
  await console.step("deploy", async (show) => {
    if (plan.changes.length === 0) return { value: undefined, summary: "nothing to change" };
    const { remoteRun } = plan;
    if (remoteRun !== undefined) console.line(`    Terraform Cloud applies it: ${remoteRun}`);
    const onStopping = () => {
      console.line(
        remoteRun === undefined
          ? "    Terraform ends what it has begun, so that nothing is lost: this may take minutes."
          : "    Terraform Cloud goes on with it; what ends here is the view of it.",
      );
    };
    const applied = await stack.apply(plan, (event) => show(progress.take(event)), onStopping);
    const { done } = progress;
    const all = plan.changes.length;
    // Terraform Cloud sends its log, not the events that changes are counted by.
    const far =
      remoteRun === undefined
        ? `${done} of ${all} changes were made`
        : `how many of the ${all} changes were made, its log says`;
    if (signal.aborted) {
      const reason: unknown = signal.reason;
      const { message } = reason instanceof Error ? reason : interrupted("a signal");
      throw remoteRun === undefined
        ? new OpsError("interrupted", "INTERRUPTED", `${message} ${far}.`)
        : new OpsError(
            "interrupted",
            "INTERRUPTED",
            `${message} The run in Terraform Cloud was not stopped.`,
            {
              details: [`${remoteRun}; ${far}`],
              hint: "Wait until that run has ended, or stop it there.",
            },
          );
    }
    if (applied.exitCode !== 0) {
      const error = terraformError("Terraform failed", applied.diagnostics, applied.tail, stack.folder);
      if (error.code === "STATE_LOCKED") throw error;
      const log =
        remoteRun === undefined
          ? `${far}; Terraform's own log: ${stack.logFile}`
          : `${remoteRun}; ${far}; a copy: ${stack.logFile}`;
      throw error.with({
        details: [...error.details, log],
        hint: "Put right what is said above.",
        cause: error,
      });
    }
    for (const diagnostic of applied.diagnostics) console.detail(describeDiagnostic(diagnostic).join(" "));
    const summary =
      remoteRun === undefined
        ? `${done} of ${all} changes made`
        : `Terraform Cloud has made all ${all} changes`;
    return { value: undefined, summary };
  });
}

/** Follows the events of an apply. */
class Progress {
  /** Replaced resources are two events: deleted, created. */
  readonly #done = new Set<string>();
  readonly #running = new Map<string, { type: string; action: string }>();
  readonly #all: number;
  readonly #console: Console;

  constructor(all: number, console: Console) {
    this.#all = all;
    this.#console = console;
  }

  get done(): number {
    return this.#done.size;
  }

  /** Takes an event; returns what a person sees meanwhile. */
  take({ type, hook }: ResourceEvent): string {
    const { addr, resource_type: resource } = hook.resource;
    if (type === "apply_start") {
      this.#running.set(addr, { type: resource, action: hook.action });
      const minutes = usualMinutes(resource, hook.action) ?? 0;
      if (minutes >= 2 && !this.#console.interactive) {
        this.#console.line(`    ${verb(hook.action)} ${addr}, usually ${minutes} min`);
      }
    } else {
      this.#running.delete(addr);
      const seconds = hook.elapsed_seconds ?? 0;
      if (type === "apply_complete") {
        this.#done.add(addr);
        if (seconds >= worthALine) {
          this.#console.line(`    ${pastVerb(hook.action)} ${addr} in ${formatDuration(seconds * 1000)}`);
        }
      }
    }
    const slow = [...this.#running.values()]
      .map((running) => ({ ...running, minutes: usualMinutes(running.type, running.action) ?? 0 }))
      .sort((a, b) => b.minutes - a.minutes)[0];
    const now =
      slow === undefined
        ? ""
        : `  ${verb(slow.action)} ${slow.type}${slow.minutes > 0 ? `, usually ${slow.minutes} min` : ""}`;
    return `${this.#console.bar(this.done, this.#all, "changes")}${now}`;
  }
}

const verbs: Readonly<Record<string, readonly [now: string, past: string]>> = {
  create: ["creating", "created"],
  update: ["changing", "changed"],
  delete: ["destroying", "destroyed"],
};

function verb(action: string): string {
  return verbs[action]?.[0] ?? action;
}

function pastVerb(action: string): string {
  return verbs[action]?.[1] ?? action;
}
