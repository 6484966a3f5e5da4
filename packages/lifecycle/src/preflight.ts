/** Everything that must hold before anything is changed: looked at all at once, reported all at once. */
import type { Console } from "@pilot-light/core/console";
import { OpsError, messageOf } from "@pilot-light/core/errors";
import { formatDuration } from "@pilot-light/core/format";
import { combine } from "@pilot-light/sync/settle";

/** What a look found, in a few words. */
export interface Seen<T> {
  value: T;
  summary: string;
}

interface Finding {
  name: string;
  state: "ok" | "failed" | "skipped";
  text: string;
  milliseconds: number;
  error?: unknown;
}

export class Preflight {
  readonly #looks: Promise<Finding>[] = [];
  readonly #console: Console;
  /** Failures that have been reported by the look they belong to. */
  readonly #known = new Set<unknown>();

  constructor(console: Console) {
    this.#console = console;
  }

  /**
   * Starts a look. What it waits for may be other looks: their failure is theirs, and this one counts as skipped.
   * @returns its value; rejects with its failure, which `report` throws as well
   */
  look<T>(name: string, work: () => Promise<Seen<T>>): Promise<T> {
    const start = performance.now();
    const running = work();
    const passed = () => performance.now() - start;
    this.#looks.push(
      running.then(
        ({ summary }) => ({ name, state: "ok", text: summary, milliseconds: passed() }),
        (error: unknown): Finding => {
          const state = this.#known.has(error) ? "skipped" : "failed";
          this.#known.add(error);
          return { name, state, text: messageOf(error), milliseconds: passed(), error };
        },
      ),
    );
    const value = running.then((seen) => seen.value);
    // Whoever needs it will see it; `report` does in any case.
    value.catch(() => undefined);
    return value;
  }

  /**
   * Waits for all looks and prints them.
   * @throws the failures as one error
   */
  async report(signal: AbortSignal): Promise<void> {
    this.#console.live("  checking ...");
    const findings = await Promise.all(this.#looks);
    this.#console.live("");
    signal.throwIfAborted();
    for (const finding of findings) this.#print(finding);
    const failures = findings.filter(({ state }) => state === "failed").map(({ error }) => error);
    if (failures.length > 0) throw untouched(combine(failures));
  }

  #print({ name, state, text, milliseconds, error }: Finding): void {
    const { green, red, dim } = this.#console.colours;
    const mark = { ok: green("+ ok    "), failed: red("x FAIL  "), skipped: dim("- skip  ") }[state];
    const duration = state === "ok" ? formatDuration(milliseconds).padStart(8) : "";
    const shown = state === "skipped" ? "needs what has failed above" : text;
    this.#console.line(`  ${mark}${name.padEnd(12)} ${shown.padEnd(74)}${duration}`.trimEnd());
    if (state !== "failed" || !(error instanceof OpsError)) return;
    for (const detail of error.details) this.#console.line(dim(`      ${detail}`));
  }
}

/** Says that nothing was written. */
function untouched(error: unknown): unknown {
  if (!(error instanceof OpsError)) return error;
  return error.with({ details: [...error.details, "Nothing was written."] });
}
