/**
 * The frame of every command: signals, the error boundary, and the one place that sets the exit code. A command takes data and
 * returns an outcome; this file decides what is printed for an error and as `--json`.
 */
import { setMaxListeners } from "node:events";
import { isProtected } from "../async/protect.ts";
import { Printer } from "../output/printer.ts";
import {
  addVariables,
  prepareLibraryVariables,
  processEnvironment,
  type Environment,
} from "../config/env.ts";
import { readSettings } from "../config/settings-file.ts";
import { bug, interruptedTwice, interrupted } from "../errors.ts";
import type { NextCommand } from "../history/run-record.ts";
import { OpsError, messageOf, stateSentences } from "../ops-error.ts";
import { openReport, type ReportFile } from "../report/report-file.ts";
import { afterEnd, type Ended } from "./run-end.ts";
import { commandLine } from "../process.ts";

/** What every command receives. */
export interface CommandContext {
  environment: Environment;
  printer: Printer;
  /** Aborted by Ctrl-C, SIGTERM and SIGHUP. Its reason is the error that the command ends with. */
  signal: AbortSignal;
  /** The settings file, and which variables of the environment are from it. */
  settings?: AppliedSettings | undefined;
}

export interface AppliedSettings {
  path: string;
  /** Names of the variables that the environment has from the file. */
  applied: readonly string[];
  /** Names of the variables of the file that are not used: the environment has another value, or other credentials. */
  overridden: readonly string[];
  /** The secrets in the file that other users of the machine can read, by name. */
  exposed: readonly string[];
}

/** What a command returns: a document for `--json`, and the exit code if it is not 0. */
export interface CommandOutcome {
  /** One word: "synced", "planned". */
  outcome: string;
  document: Readonly<Record<string, unknown>>;
  exit?: number;
  /** What happened, in one sentence, for the report, the history and the hook. */
  summary?: string;
  /** Markdown for the summary of the CI job, in place of what every command that changes something writes. */
  jobSummary?: string;
  /** Commands that follow, such as the one that reverts the run. */
  next?: readonly NextCommand[];
}

export interface CommandFlags {
  verbose?: boolean | undefined;
  json?: boolean | undefined;
  color?: boolean | undefined;
  dryRun?: boolean | undefined;
  /** File for the report. */
  report?: string | undefined;
  envFile?: string | undefined;
}

/** What the end of a command depends on. */
export interface CommandEnding {
  /** True for a command that forwards signals to another program, which reports their effect itself. */
  forwardsSignals?: boolean;
  /** The outcomes with which it has changed something; see `EndOptions`. */
  changes?: readonly string[];
}

/** Version of the `--json` documents, raised when a field changes its meaning or is removed. */
export const documentVersion = 2;

/** A second signal within this time is the same Ctrl-C: the process gets it through its process group, and again from pnpm. */
const sameSignalMs = 1000;

/** Milliseconds after which an interrupted process ends, even if work that the command no longer waits for keeps it running. */
const exitAfterMs = 500;

/**
 * Runs a command to its end and sets the process's exit code. Never throws.
 * @param name as a person typed it, such as "sync neon-to-rds"
 */
export async function runCommand(
  name: string,
  flags: CommandFlags,
  command: (context: CommandContext) => Promise<CommandOutcome>,
  { forwardsSignals = false, changes = [] }: CommandEnding = {},
): Promise<void> {
  const loaded = loadSettings(flags.envFile);
  prepareLibraryVariables();
  const environment = processEnvironment();
  const printer = new Printer({
    environment,
    verbose: flags.verbose ?? false,
    json: flags.json ?? false,
    color: flags.color,
  });
  const controller = new AbortController();
  // Every session and request listens to it.
  setMaxListeners(0, controller.signal);
  // Aborts the work after the end of the command, such as storing the record.
  const ending = new AbortController();
  let hasEnded = false;
  let stoppedAt = -Infinity;
  const stop = (signal: NodeJS.Signals) => {
    if (hasEnded) {
      if (performance.now() - stoppedAt > sameSignalMs) ending.abort(interrupted({ signal }));
    } else if (!controller.signal.aborted) {
      stoppedAt = performance.now();
      if (!forwardsSignals) printer.progress(`\n  ${signal}: stopping safely ...`);
    } else if (!forwardsSignals && performance.now() - stoppedAt > sameSignalMs) {
      if (!isProtected()) process.exit(reportError(printer, name, interruptedTwice({ signal })));
      printer.progress(`  ${signal}: waiting until the swap has ended or is reverted ...`);
    }
    if (!hasEnded) controller.abort(interrupted({ signal }));
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, stop);
  // A reader that closes the pipe (`| head`) must not end a run halfway.
  process.stdout.on("error", () => undefined);
  process.stderr.on("error", () => undefined);
  let report: ReportFile | undefined;
  const runToEnd = async (): Promise<Omit<Ended, "wasInterrupted">> => {
    const shared = { environment, printer, args: process.argv.slice(2), signal: ending.signal };
    try {
      if ("error" in loaded) throw loaded.error;
      const { settings } = loaded;
      warnOfExposed(settings, printer);
      if (flags.report !== undefined) report = await openReport(flags.report);
      const ended = await command({ environment, printer, signal: controller.signal, settings });
      const { outcome, exit = 0, summary = `${name}: ${outcome}`, next = [], jobSummary } = ended;
      const document = { version: documentVersion, command: name, outcome, ...ended.document };
      if (printer.json) printer.data(JSON.stringify(document, null, 2));
      const run = { command: name, document, exit, summary, next };
      return { ...shared, run, jobSummary, error: undefined };
    } catch (thrown) {
      const reported = thrown instanceof OpsError && thrown.outlastsInterruption;
      const error = asOpsError(controller.signal.aborted && !reported ? controller.signal.reason : thrown);
      const exit = reportError(printer, name, error);
      const document = failureDocument(name, error);
      const run = { command: name, document, exit, summary: error.message, next: [] };
      return { ...shared, run, jobSummary: undefined, error };
    }
  };
  const ended = await runToEnd();
  process.exitCode = ended.run.exit;
  hasEnded = true;
  await afterEnd(
    { ...ended, wasInterrupted: controller.signal.aborted },
    { changes, dryRun: flags.dryRun ?? false, report },
  );
  for (const signal of signals) process.off(signal, stop);
  if (controller.signal.aborted) setTimeout(() => process.exit(), exitAfterMs).unref();
}

/** Converts anything that was thrown into an error that can be printed. */
function asOpsError(error: unknown): OpsError {
  return error instanceof OpsError ? error : bug({ message: messageOf(error) }, { cause: error });
}

/** The `--json` document of a command that failed. */
function failureDocument(name: string, { code, message, hint = "", details, exit, state }: OpsError) {
  return {
    version: documentVersion,
    command: name,
    outcome: "failed",
    error: { code, message, hint, details, exit, state: state ?? null },
  };
}

/** Reads the settings file into the process's environment; the error is reported when there is a printer. */
function loadSettings(
  option: string | undefined,
): { settings?: AppliedSettings | undefined } | { error: unknown } {
  try {
    const file = readSettings(option, processEnvironment(), process.cwd());
    if (file === undefined) return {};
    const { path, values, exposed } = file;
    const applied = addVariables(values);
    const overridden = Object.keys(values).filter((name) => !applied.includes(name));
    return { settings: { path, applied, overridden, exposed } };
  } catch (error) {
    return { error };
  }
}

function warnOfExposed(settings: AppliedSettings | undefined, printer: Printer): void {
  if (settings === undefined || settings.exposed.length === 0) return;
  const { path, exposed } = settings;
  printer.warn(
    `Other users of this machine can read ${path}, which holds ${exposed.join(", ")}. To change this:  ${commandLine("chmod", ["600", path])}`,
  );
}

/** Prints an error for people, and with `--json` as a document; returns the exit code. */
export function reportError(printer: Printer, name: string, error: unknown): number {
  const shown = asOpsError(error);
  const { code, message, hint = "", details, exit, state, cause } = shown;
  if (printer.json) printer.data(JSON.stringify(failureDocument(name, shown), null, 2));
  const { bold, red, dim } = printer.colors;
  printer.line();
  const below = (text: string) => printer.row({ label: "  ", text });
  printer.row({ label: `${bold(red("Error:"))} `, text: message });
  for (const detail of details) below(detail);
  const sentence = state === "nothing-written" || state === "target-unchanged" ? stateSentences[state] : "";
  if (sentence !== "") below(sentence);
  if (hint !== "") below(hint);
  printer.line(dim(`  exit ${exit}, ${code}`));
  if (code === "BUG" || printer.verbose) printer.detail(shown.stack ?? "");
  if (cause instanceof Error) printer.detail(`caused by: ${cause.stack ?? cause.message}`);
  return exit;
}
