/** The journal of the last switch: which steps are done, and where one has stopped. */
import { hostname } from "node:os";
import { OpsError } from "@pilot-light/core/ops-error";
import { formatMinute } from "@pilot-light/core/output/format";
import { z } from "zod";
import type { Basics } from "../context.ts";
import { journalStore, type JournalStore } from "./journal-store.ts";

const commandNames = ["activate", "deactivate"] as const;
export type SwitchName = (typeof commandNames)[number];

const stepNames = ["sync", "snapshot", "deploy", "database", "validate"] as const;
export type StepName = (typeof stepNames)[number];

const entrySchema = z.object({
  version: z.literal(1),
  command: z.enum(commandNames),
  startedAt: z.string(),
  finishedAt: z.string().nullable(),
  /** Whether data is copied; null when it was not said. */
  syncData: z.boolean().nullable(),
  /** The database comes with this activation: whatever it holds is not worth keeping. */
  createsDatabase: z.boolean(),
  /** Images by their digest, by Terraform variable. */
  images: z.record(z.string(), z.string()),
  /** Arguments for terraform as they were given: `-var=...`, `-var-file=...`. */
  variables: z.array(z.string()).default([]),
  /** Variables that were given too, and whose values are secret. */
  secretVariables: z.array(z.string()).default([]),
  /** Process that runs it. */
  runner: z.object({ host: z.string(), pid: z.number() }).nullable().default(null),
  /** The database in Neon that the copy of a deactivation made. */
  copy: z.object({ host: z.string(), database: z.string(), oid: z.string() }).nullable().default(null),
  begun: z.array(z.enum(stepNames)),
  done: z.array(z.object({ step: z.enum(stepNames), at: z.string() })),
  stopped: z.object({ step: z.string(), code: z.string(), message: z.string(), at: z.string() }).nullable(),
  /** Tasks that the backend had before it was stopped; null when it was not, or has them again. */
  pausedTasks: z.number().nullable(),
});

/** One switch, finished or not. */
export type JournalEntry = z.infer<typeof entrySchema>;

export class Journal {
  readonly #store: JournalStore;
  /** As it was last read or written here. */
  #text: string | undefined;
  #entry: JournalEntry | undefined;

  private constructor(store: JournalStore, text: string | undefined) {
    this.#store = store;
    this.#text = text;
    this.#entry = text === undefined ? undefined : parseEntry(text, store.place);
  }

  /**
   * Opens the journal of an environment.
   * @throws OpsError JOURNAL_UNREADABLE, STATE_AMBIGUOUS (configuration), AWS_... (aws)
   */
  static async open({
    environment,
    names,
    directory,
  }: Pick<Basics, "environment" | "names" | "directory">): Promise<Journal> {
    const store = journalStore(environment, names, directory);
    return new Journal(store, await store.read());
  }

  get place(): string {
    return this.#store.place;
  }

  /** The last switch, whether it came to its end or not. */
  get last(): JournalEntry | undefined {
    return this.#entry;
  }

  /** The last switch, if it did not come to its end. */
  get unfinished(): JournalEntry | undefined {
    return this.#entry?.finishedAt === null ? this.#entry : undefined;
  }

  /**
   * Makes sure that no other switch has begun or gone on since it was opened.
   * @throws OpsError SWITCH_RUNNING (precondition)
   */
  async assertUnchanged(): Promise<void> {
    const text = await this.#store.read();
    if (text === this.#text) return;
    const other = text === undefined ? undefined : parseEntry(text, this.place);
    const what =
      other === undefined
        ? `The journal ${this.place} was removed`
        : `A run of \`${other.command}\`, begun ${formatMinute(other.startedAt)} UTC, has worked on this environment`;
    throw new OpsError("precondition", "SWITCH_RUNNING", `${what} since the plan was made.`, {
      details: ["Nothing was written."],
      hint: "See where it stands:  pnpm status",
    });
  }

  /** A new switch. What an unfinished one has stopped stays known. */
  async begin(
    facts: Pick<
      JournalEntry,
      "command" | "syncData" | "createsDatabase" | "images" | "variables" | "secretVariables"
    >,
  ): Promise<void> {
    await this.#write({
      version: 1,
      ...facts,
      runner: thisProcess(),
      copy: null,
      startedAt: now(),
      finishedAt: null,
      begun: [],
      done: [],
      stopped: null,
      pausedTasks: this.unfinished?.pausedTasks ?? null,
    });
  }

  /** Goes on with an interrupted switch: some of its steps are done again. */
  async goOn(again: readonly StepName[]): Promise<void> {
    await this.change(({ done }) => ({
      runner: thisProcess(),
      done: done.filter(({ step }) => !again.includes(step)),
    }));
  }

  async change(change: (entry: JournalEntry, now: string) => Partial<JournalEntry>): Promise<void> {
    if (this.#entry === undefined) return;
    await this.#write({ ...this.#entry, ...change(this.#entry, now()) });
  }

  async #write(entry: JournalEntry): Promise<void> {
    const text = `${JSON.stringify(entry, null, 2)}\n`;
    await this.#store.write(text);
    this.#text = text;
    this.#entry = entry;
  }
}

function thisProcess(): { host: string; pid: number } {
  return { host: hostname(), pid: process.pid };
}

/** Whether the process that runs a switch still does; only known where it was started on this machine. */
export function isRunning({ runner }: Pick<JournalEntry, "runner">): boolean {
  if (runner?.host !== hostname() || runner.pid === process.pid) return false;
  try {
    process.kill(runner.pid, 0);
    return true;
  } catch {
    return false;
  }
}

function now(): string {
  return new Date().toISOString();
}

/** When a switch has done a step; undefined when it has not. */
export function findDone(
  entry: Pick<JournalEntry, "done"> | undefined,
  step: StepName,
): JournalEntry["done"][number] | undefined {
  return entry?.done.find((done) => done.step === step);
}

function parseEntry(text: string, place: string): JournalEntry {
  try {
    return entrySchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new OpsError("configuration", "JOURNAL_UNREADABLE", `The journal ${place} is not readable.`, {
      hint: "Nothing depends on it but --resume: look at it, then remove it, and run the command again.",
      cause,
    });
  }
}
