/**
 * The frame of every command: signals, the error boundary, the one place that sets the exit code. A command takes data,
 * returns an outcome; what is printed for an error and as `--json` is decided here.
 */
import { setMaxListeners } from "node:events";
import { Printer } from "../output/printer.ts";
import { processEnvironment, type Environment } from "../config/env.ts";
import { OpsError, exitCodes, interrupted } from "../errors.ts";

/** What every command gets. */
export interface CommandContext {
  environment: Environment;
  printer: Printer;
  /** Aborted by Ctrl-C, SIGTERM and SIGHUP, with the error to end with as its reason. */
  signal: AbortSignal;
}

/** What a command returns: a document for `--json`, and the exit code where it is not 0. */
export interface CommandOutcome {
  /** One word: "synced", "planned". */
  outcome: string;
  document: Readonly<Record<string, unknown>>;
  exit?: number;
}

export interface CommandFlags {
  verbose?: boolean | undefined;
  json?: boolean | undefined;
  color?: boolean | undefined;
}

/** How a command ends when it is told to stop. */
export interface CommandEnding {
  /** True for a command that hands signals on to a program that says itself what becomes of them. */
  handsOnSignals?: boolean;
}

/** Version of the `--json` documents; raised when a field changes its meaning or goes. */
const documentVersion = 1;

/**
 * Runs a command to its end and sets the process's exit code. Never throws.
 * @param name as a person typed it, such as "sync neon-to-rds"
 */
export async function runCommand(
  name: string,
  flags: CommandFlags,
  command: (context: CommandContext) => Promise<CommandOutcome>,
  { handsOnSignals = false }: CommandEnding = {},
): Promise<void> {
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
  const stop = (signal: NodeJS.Signals) => {
    if (!controller.signal.aborted && !handsOnSignals) printer.progress(`\n  ${signal}: stopping safely ...`);
    controller.abort(interrupted(signal));
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, stop);
  // A reader that goes away (`| head`) is no reason to leave things half-done.
  process.stdout.on("error", () => undefined);
  process.stderr.on("error", () => undefined);
  try {
    const {
      outcome,
      document,
      exit = 0,
    } = await command({ environment, printer, signal: controller.signal });
    if (printer.json) {
      printer.data(
        JSON.stringify({ version: documentVersion, command: name, outcome, ...document }, null, 2),
      );
    }
    process.exitCode = exit;
  } catch (error) {
    const told = error instanceof OpsError && error.evenIfInterrupted;
    const shown: unknown = controller.signal.aborted && !told ? controller.signal.reason : error;
    process.exitCode = reportError(printer, name, shown);
  } finally {
    for (const signal of signals) process.off(signal, stop);
  }
}

/** Prints an error with everything a person or a program needs; returns the exit code. */
export function reportError(printer: Printer, name: string, error: unknown): number {
  const known = error instanceof OpsError ? error : undefined;
  const exit = known?.exit ?? exitCodes.bug;
  const code = known?.code ?? "BUG";
  const message = error instanceof Error ? error.message : String(error);
  const bug = "This is a bug: please report it with the stack that --verbose shows.";
  const hint = known === undefined ? bug : (known.hint ?? "");
  if (printer.json) {
    const details = known?.details ?? [];
    const document = {
      version: documentVersion,
      command: name,
      outcome: "failed",
      error: { code, message, hint, details, exit },
    };
    printer.data(JSON.stringify(document, null, 2));
  }
  const { bold, red, dim } = printer.colors;
  printer.line();
  printer.line(`${bold(red("Error:"))} ${message}`);
  for (const detail of known?.details ?? []) printer.line(`  ${detail}`);
  if (hint !== "") printer.line(`  ${hint}`);
  printer.line(dim(`  exit ${exit}, ${code}`));
  if (error instanceof Error && (known === undefined || printer.verbose)) printer.detail(error.stack ?? "");
  if (known?.cause instanceof Error) printer.detail(`caused by: ${known.cause.stack ?? known.cause.message}`);
  return exit;
}
