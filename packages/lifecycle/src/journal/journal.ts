/** The journal of the last mode change: which steps are done, and where it stopped. */
import { hostname } from "node:os";
import { isProcessAlive } from "@pilot-light/core/process";
import { z } from "zod";
import type { Basics } from "../context.ts";
import { journalUnreadable, modeChangeRunning } from "../errors.ts";
import { parseArgument } from "../terraform/variables.ts";
import { journalStore, type JournalStore } from "./journal-store.ts";

const stepNames = ["sync", "snapshot", "deploy", "database", "validate"] as const;
export type StepName = (typeof stepNames)[number];

const variableSchema = z.union([
  z.strictObject({
    name: z.string().describe("Name of the variable."),
    value: z.string().describe("Its value."),
  }),
  z.strictObject({ file: z.string().describe("File with variables.") }),
]);

const time = z.string();

/** The fields of a journal, with their descriptions for docs/json.md. */
export const journalEntrySchema = z.strictObject({
  version: z.literal(1).describe("Version of the journal."),
  command: z.enum(["activate", "deactivate"]).describe("The command of the run."),
  startedAt: time.describe("When the run started."),
  finishedAt: time.nullable().describe("When the run finished; null while it has not."),
  syncData: z
    .boolean()
    .nullable()
    .describe("Whether the run copies data; null when neither `--sync-data` nor `--no-sync-data` was given."),
  createsDatabase: z
    .boolean()
    .describe("Whether this activation creates the database, which then holds no rows to keep."),
  images: z.record(z.string(), z.string()).describe("Reference of each image with its digest, by service."),
  variables: z
    .array(variableSchema)
    .default([])
    .describe("Terraform variables of the run, without secret ones."),
  secretVariables: z
    .array(z.string())
    .default([])
    .describe("Names of secret variables of the run. Their values are stored nowhere."),
  runner: z
    .strictObject({
      host: z.string().describe("Host name of the machine."),
      pid: z.number().int().describe("Number of the process."),
    })
    .nullable()
    .default(null)
    .describe("The process that runs it, or ran it."),
  copy: z
    .strictObject({
      host: z.string().describe("Host name of the Neon server."),
      database: z.string().describe("Name of the database."),
      oid: z.string().describe("OID of the database."),
    })
    .nullable()
    .default(null)
    .describe("The Neon database that the copy of a deactivation created."),
  begun: z.array(z.enum(stepNames)).describe("Steps that have begun."),
  done: z
    .array(
      z.strictObject({
        step: z.enum(stepNames).describe("The step."),
        at: time.describe("When it was done."),
      }),
    )
    .describe("Steps that are done."),
  stopped: z
    .strictObject({
      step: z.string().describe("The step that failed."),
      code: z.string().describe("Code of the error, see docs/errors.md, or `UNHEALTHY`."),
      message: z.string().describe("Message of the error, or the ids of the failed checks."),
      at: time.describe("When the run stopped."),
    })
    .nullable()
    .describe("Where the run stopped; null while it runs, or when it has finished."),
  pausedTasks: z
    .number()
    .int()
    .nullable()
    .describe("Tasks that the backend had before the run stopped it; null when the backend is not stopped."),
  deactivateAt: z.iso
    .datetime()
    .nullable()
    .default(null)
    .describe("When `pnpm deactivate --if-due` deactivates the environment; null when no time is set."),
});

/** Earlier versions stored variables as arguments of terraform. */
const legacyVariable = z.string().transform((argument, context) => {
  const variable = parseArgument(argument);
  if (variable !== undefined) return variable;
  context.addIssue(`not an argument for a variable: ${argument}`);
  return z.NEVER;
});
const storedSchema = journalEntrySchema.extend({
  variables: z.array(z.union([variableSchema, legacyVariable])).default([]),
});

/** One mode change, finished or not. */
export type JournalEntry = z.infer<typeof journalEntrySchema>;

export class Journal {
  readonly #store: JournalStore;
  /** The text that this process last read or wrote. */
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
    ...signals
  }: Pick<Basics, "environment" | "names" | "directory" | "signal" | "cleaningSignal">): Promise<Journal> {
    const store = journalStore(environment, names, directory, signals);
    return new Journal(store, await store.read());
  }

  get place(): string {
    return this.#store.place;
  }

  /** The last mode change, finished or not. */
  get last(): JournalEntry | undefined {
    return this.#entry;
  }

  /** The last mode change, if it has not finished. */
  get unfinished(): JournalEntry | undefined {
    return this.#entry?.finishedAt === null ? this.#entry : undefined;
  }

  /**
   * Checks that no other mode change has started or continued since this journal was opened.
   * @throws OpsError MODE_CHANGE_RUNNING (precondition)
   */
  async assertUnchanged(): Promise<void> {
    const text = await this.#store.read();
    if (text === this.#text) return;
    const other = text === undefined ? undefined : parseEntry(text, this.place);
    throw modeChangeRunning({ journal: this.place, other });
  }

  /** Starts a new mode change. The number of tasks that an unfinished one has stopped remains recorded. */
  async begin(
    facts: Pick<
      JournalEntry,
      "command" | "syncData" | "createsDatabase" | "images" | "variables" | "secretVariables" | "deactivateAt"
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

  /** Continues an interrupted mode change, which repeats some of its steps. */
  async resume(repeated: readonly StepName[], deactivateAt: string | null): Promise<void> {
    await this.change(({ done }) => ({
      runner: thisProcess(),
      done: done.filter(({ step }) => !repeated.includes(step)),
      deactivateAt,
    }));
  }

  /** Records when the active environment is due for its deactivation; null removes the time. */
  async schedule(deactivateAt: string | null): Promise<void> {
    if ((this.#entry?.deactivateAt ?? null) === deactivateAt) return;
    if (this.#entry !== undefined) {
      await this.change(() => ({ deactivateAt }));
      return;
    }
    // A deployment activated the environment, and deployments have no journal.
    const facts = { syncData: null, createsDatabase: false, images: {}, variables: [], secretVariables: [] };
    await this.begin({ command: "activate", ...facts, deactivateAt });
    await this.change((_, at) => ({ finishedAt: at }));
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

/** Whether another process on this machine still runs the mode change. Processes on other machines are not known. */
export function isRunning({ runner }: Pick<JournalEntry, "runner">): boolean {
  if (runner?.host !== hostname() || runner.pid === process.pid) return false;
  return isProcessAlive(runner.pid);
}

function now(): string {
  return new Date().toISOString();
}

/** When a mode change finished a step; undefined when it has not. */
export function findDone(
  entry: Pick<JournalEntry, "done"> | undefined,
  step: StepName,
): JournalEntry["done"][number] | undefined {
  return entry?.done.find((done) => done.step === step);
}

function parseEntry(text: string, place: string): JournalEntry {
  try {
    return storedSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw journalUnreadable({ place, problems: problemsOf(cause) }, { cause });
  }
}

/** `deactivateAt: Invalid ISO datetime`, for each field that is not as it must be. */
function problemsOf(cause: unknown): string[] {
  if (!(cause instanceof z.ZodError)) return ["it is not JSON"];
  return cause.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join(".")}: ${message}`,
  );
}
