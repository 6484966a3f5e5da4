/** The hook: the shell command in PILOT_LIGHT_ON_END, which runs at the end of each command that changes something. */
import { Readable } from "node:stream";
import { withoutSecrets, type Environment } from "../config/env.ts";
import { readNumber } from "../config/numbers.ts";
import { messageOf } from "../ops-error.ts";
import { formatDuration } from "../output/format.ts";
import type { Printer } from "../output/printer.ts";
import { run } from "../process.ts";
import type { RunRecord } from "./run-record.ts";

/** What the hook receives about the run. */
export interface HookFacts {
  record: RunRecord;
  /** What a failed run has changed; empty for a run that did not fail, and if it is not known. */
  state: string;
  /** Code of the error; empty for a run that did not fail. */
  code: string;
}

/** The variables that the hook gets, each with what it holds. docs/runbooks/history.md lists them. */
export const hookVariables = {
  PILOT_LIGHT_RUN_ID: ({ record }) => record.run.id,
  PILOT_LIGHT_COMMAND: ({ record }) => record.command,
  PILOT_LIGHT_OUTCOME: ({ record }) => record.outcome,
  PILOT_LIGHT_EXIT: ({ record }) => String(record.run.exit),
  PILOT_LIGHT_ERROR_CODE: ({ code }) => code,
  PILOT_LIGHT_STATE: ({ state }) => state,
  PILOT_LIGHT_SUMMARY: ({ record }) => record.run.summary,
  PILOT_LIGHT_DURATION_MS: ({ record }) => String(record.run.durationMs),
} as const satisfies Record<string, (facts: HookFacts) => string>;

/**
 * Runs the hook with the record on its standard input. Never throws: a failure is a warning. The hook gets the environment of the command,
 * without the variables that this tool knows to be secrets. PILOT_LIGHT_ON_END is empty: if the hook runs a command that changes something,
 * that command must not run the hook again.
 * @param command for the shell
 */
export async function runHook(
  command: string,
  facts: HookFacts,
  { environment, printer, signal }: { environment: Environment; printer: Printer; signal: AbortSignal },
): Promise<void> {
  const own = Object.entries(hookVariables).map(([name, value]) => [name, value(facts)] as const);
  const warn = (problem: string) =>
    printer.warn(`PILOT_LIGHT_ON_END ${problem.replace(/\.$/, "")}. The outcome is unchanged.`);
  const limitMs = readLimit(environment, warn);
  if (limitMs === undefined) return;
  const limit = AbortSignal.timeout(limitMs);
  try {
    const { exitCode, stderr, stdout } = await run("/bin/sh", ["-c", command], {
      // An empty variable has precedence over the settings file. A missing one has not.
      environment: { ...withoutSecrets(environment), ...Object.fromEntries(own), PILOT_LIGHT_ON_END: "" },
      input: Readable.from([`${JSON.stringify(facts.record, null, 2)}\n`]),
      signal: AbortSignal.any([limit, signal]),
      onStart: () => printer.detail(`$ PILOT_LIGHT_ON_END: ${command}`),
    });
    if (stdout !== "") printer.detail(stdout);
    if (exitCode === 0) return;
    const last = stderr.at(-1)?.trim() ?? "";
    warn(`failed with exit code ${exitCode}${last === "" ? "" : `: ${last}`}`);
  } catch (error) {
    if (signal.aborted) warn("was ended by a signal");
    else if (limit.aborted) {
      warn(`was ended after ${formatDuration(limitMs)}, the limit of PILOT_LIGHT_ON_END_SECONDS`);
    } else warn(`did not run: ${messageOf(error)}`);
  }
}

/** Milliseconds: PILOT_LIGHT_ON_END_SECONDS. */
function readLimit(environment: Environment, warn: (problem: string) => void): number | undefined {
  try {
    return readNumber(environment, "PILOT_LIGHT_ON_END_SECONDS") * 1000;
  } catch (error) {
    warn(`did not run: ${messageOf(error)}`);
    return undefined;
  }
}
