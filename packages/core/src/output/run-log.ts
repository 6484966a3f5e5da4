/** What a run records about itself: its steps with their times, its warnings, and fields of its document that are known already. */

/** A step of a run. Steps may overlap. */
export interface LoggedStep {
  /** One word, such as `dump`. */
  name: string;
  /** Milliseconds from the start of the run to the start of the step. */
  startMs: number;
  durationMs: number;
  /** What the step did, in a few words; empty for a step that failed. */
  summary: string;
  outcome: "done" | "failed";
}

export class RunLog {
  readonly startedAt = new Date();
  readonly steps: LoggedStep[] = [];
  readonly warnings: string[] = [];
  /** Id of the run, once it has one. */
  id: string | undefined;
  /** Another process may have stored a record with this id. The record of this run replaces it. */
  isShared = false;
  #facts: Readonly<Record<string, unknown>> = {};
  readonly #start = performance.now();

  /** Milliseconds since the start of the run. */
  elapsedMs(): number {
    return Math.round(performance.now() - this.#start);
  }

  /**
   * Adds fields to the report and to the record of the run, even if the run fails: its plan, or what a step has done. A field of the
   * document of the run has precedence.
   * @param facts by the name of the field
   */
  add(facts: Readonly<Record<string, unknown>>): void {
    this.#facts = { ...this.#facts, ...facts };
  }

  get facts(): Readonly<Record<string, unknown>> {
    return this.#facts;
  }

  /**
   * Runs a step and logs it.
   * @param describe the summary of the step; undefined for a step that is not logged when it succeeds
   */
  async timed<T>(
    name: string,
    work: () => Promise<T>,
    describe: (value: T) => string | undefined = () => "",
  ): Promise<T> {
    const startMs = this.elapsedMs();
    const log = (outcome: LoggedStep["outcome"], summary: string) => {
      this.steps.push({ name, startMs, durationMs: this.elapsedMs() - startMs, summary, outcome });
    };
    try {
      const value = await work();
      const summary = describe(value);
      if (summary !== undefined) log("done", summary);
      return value;
    } catch (error) {
      log("failed", "");
      throw error;
    }
  }
}
