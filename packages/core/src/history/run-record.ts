/** The record of a run: its `--json` document, and the field `run`: when, who and how. The hook, the report and the history read it. */
import { randomBytes } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { readVariable, type Environment } from "../config/env.ts";
import { timestamp } from "../dump-keys.ts";
import { formatMinute } from "../output/format.ts";
import type { LoggedStep, RunLog } from "../output/run-log.ts";
import { recordKey } from "./record-store.ts";
import { withoutRows, withoutVariables } from "./without-rows.ts";

/** A command that follows from a run. */
export interface NextCommand {
  /** What it is for, such as `to undo`. */
  purpose: string;
  command: string;
}

/** Who ran a command. */
export interface RunBy {
  /** Name of the user of the operating system. */
  user: string;
  /** Name of the machine. */
  host: string;
  /** ARN of the AWS credentials; null if they are not known. */
  arn: string | null;
  /** Address of the CI run; null elsewhere. */
  url: string | null;
}

/** What the record of a run has in addition to its document. */
export interface RunFacts {
  /** Time and a random part: `2026-11-22T09-30-00-4f2c`. */
  id: string;
  /** UTC, in ISO 8601. */
  startedAt: string;
  durationMs: number;
  exit: number;
  /** Without the values of Terraform variables. */
  commandLine: string;
  /** What happened, in one sentence. */
  summary: string;
  next: readonly NextCommand[];
  by: RunBy;
  steps: readonly LoggedStep[];
  warnings: readonly string[];
}

export interface RunRecord {
  version: number;
  command: string;
  outcome: string;
  run: RunFacts;
  readonly [field: string]: unknown;
}

/** How a command has ended. */
export interface EndedRun {
  /** Its name, such as `sync neon-to-rds`. */
  command: string;
  /** The `--json` document. */
  document: Readonly<Record<string, unknown>> & { version: number; command: string; outcome: string };
  exit: number;
  summary: string;
  next: readonly NextCommand[];
}

/**
 * Creates the record of a run. It has no rows of the databases and no values of Terraform variables. The terminal shows both.
 * @param args the arguments of the process, for the command line
 */
export function makeRecord(
  { command, document, exit, summary, next }: EndedRun,
  log: RunLog,
  args: readonly string[],
  environment: Environment,
): RunRecord {
  const { startedAt } = log;
  const given = readVariable(environment, "PILOT_LIGHT_TASK_OF");
  const [safeSummary = ""] = withoutRows([summary]);
  const record: RunRecord = {
    // The document of a failed run has no plan; these facts have it.
    ...log.facts,
    ...document,
    ...("error" in document ? { error: errorWithoutRows(document["error"]) } : {}),
    run: {
      id: given !== undefined && recordKey(given) !== undefined ? given : idOf(log),
      startedAt: startedAt.toISOString(),
      durationMs: log.elapsedMs(),
      exit,
      commandLine: commandLineOf(command, args),
      summary: safeSummary,
      next,
      by: readBy(environment),
      steps: log.steps,
      warnings: withoutRows(log.warnings),
    },
  };
  return JSON.parse(JSON.stringify(record), (_name, value: unknown) =>
    typeof value === "string" ? withoutVariables(value) : value,
  ) as RunRecord;
}

/** The id of a run. */
export function idOf(log: RunLog): string {
  log.id ??= `${timestamp(log.startedAt)}-${randomBytes(2).toString("hex")}`;
  return log.id;
}

/** The error of a document; its message and its details may quote rows. */
function errorWithoutRows(error: unknown): unknown {
  if (typeof error !== "object" || error === null) return error;
  const lines = (value: unknown) => withoutRows(Array.isArray(value) ? value.map(String) : []);
  const message = "message" in error ? String(error.message) : "";
  return {
    ...error,
    message: withoutRows([message])[0] ?? "",
    details: lines("details" in error ? error.details : []),
  };
}

/**
 * The command as a person typed it.
 * @param command its name
 * @param args may begin with words of the name
 */
export function commandLineOf(command: string, args: readonly string[]): string {
  const words = command.split(" ");
  const first = args.findIndex((word) => !words.includes(word));
  const own = first === -1 ? [] : args.slice(first);
  const shown = own.map((word, index) => {
    // Any variable may be a secret.
    if (own[index - 1] === "--var") return word.replace(/=.*$/s, "=****");
    return word.replace(/^(--var=[^=]*)=.*$/s, "$1=****");
  });
  return ["pnpm", command, ...shown].join(" ");
}

function readBy(environment: Environment): RunBy {
  const actor = readVariable(environment, "GITHUB_ACTOR");
  const server = readVariable(environment, "GITHUB_SERVER_URL");
  const repository = readVariable(environment, "GITHUB_REPOSITORY");
  const run = readVariable(environment, "GITHUB_RUN_ID");
  const isComplete = server !== undefined && repository !== undefined && run !== undefined;
  return {
    user: actor ?? systemUser(),
    host: hostname(),
    arn: null,
    url: isComplete ? `${server}/${repository}/actions/runs/${run}` : null,
  };
}

function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no user.
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}

/** Who, where and when, for people: `ada on build-7, 2026-11-22 09:30 UTC`. */
export function describeBy({ by, startedAt }: Pick<RunFacts, "by" | "startedAt">): string {
  return `${by.user} on ${by.host}, ${formatMinute(startedAt)} UTC`;
}
