/**
 * The frame of every command: the error boundary, and the one place that sets the exit code. A command takes data and
 * returns an outcome; this file decides what is printed for an error and as `--json`.
 */
import { Printer } from "../output/printer.ts";
import {
  addVariables,
  prepareLibraryVariables,
  processEnvironment,
  type Environment,
} from "../config/env.ts";
import { readSettings } from "../config/settings-file.ts";
import { bug } from "../errors.ts";
import type { NextCommand } from "../history/run-record.ts";
import { OpsError, messageOf, stateSentences } from "../ops-error.ts";
import { openReport, type ReportFile } from "../report/report-file.ts";
import { afterEnd, type Ended } from "./run-end.ts";
import { Signals } from "./signals.ts";
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
  using signals = new Signals({
    ...{ printer, forwardsSignals },
    exit: (error) => process.exit(reportError(printer, name, error)),
  });
  // A reader that closes the pipe (`| head`) must not end a run halfway.
  process.stdout.on("error", () => undefined);
  process.stderr.on("error", () => undefined);
  let report: ReportFile | undefined;
  const ended = await runToEnd(name, printer, signals.work, async () => {
    if ("error" in loaded) throw loaded.error;
    const { settings } = loaded;
    warnOfExposed(settings, printer);
    if (flags.report !== undefined) report = await openReport(flags.report);
    return await command({ environment, printer, signal: signals.work, settings });
  });
  process.exitCode = ended.run.exit;
  signals.commandEnded();
  const wasInterrupted = signals.work.aborted;
  await afterEnd(
    { ...ended, environment, printer, args: process.argv.slice(2), wasInterrupted, signal: signals.after },
    { changes, dryRun: flags.dryRun ?? false, report },
  );
  if (signals.work.aborted) setTimeout(() => process.exit(), exitAfterMs).unref();
}

/** Runs a command and prints its document or its error. Never throws. */
async function runToEnd(
  name: string,
  printer: Printer,
  signal: AbortSignal,
  command: () => Promise<CommandOutcome>,
): Promise<Pick<Ended, "run" | "error" | "jobSummary">> {
  try {
    const ended = await command();
    const { outcome, exit = 0, summary = `${name}: ${outcome}`, next = [], jobSummary } = ended;
    const document = { version: documentVersion, command: name, outcome, ...ended.document };
    if (printer.json) printer.data(JSON.stringify(document, null, 2));
    return { run: { command: name, document, exit, summary, next }, jobSummary, error: undefined };
  } catch (thrown) {
    const reported = thrown instanceof OpsError && thrown.outlastsInterruption;
    const error = asOpsError(signal.aborted && !reported ? signal.reason : thrown);
    const exit = reportError(printer, name, error);
    const document = failureDocument(name, error);
    const run = { command: name, document, exit, summary: error.message, next: [] };
    return { run, jobSummary: undefined, error };
  }
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
  if (hint !== "") printer.hint("  ", hint);
  printer.line(dim(`  exit ${exit}, ${code}`));
  if (code === "BUG" || printer.verbose) printer.detail(shown.stack ?? "");
  if (cause instanceof Error) printer.detail(`caused by: ${cause.stack ?? cause.message}`);
  return exit;
}
