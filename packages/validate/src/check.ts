/** The types of a check, of its input and of its result. A check returns data and never prints. */
import type { AwsClients } from "@pilot-light/core/aws/clients";
import type { ResourceNames } from "@pilot-light/core/contract";
import type { Environment } from "@pilot-light/core/config/env";
import type { Action } from "@pilot-light/core/aws/actions";
import type { Fix } from "./fix.ts";
import type { Mode } from "./mode.ts";
import type { Reads } from "./reads.ts";

/** A problem that a check found. */
export interface Problem {
  severity: "failure" | "warning";
  /** What is wrong, with which object. */
  message: string;
  fix: Fix;
  /** Whether the problem may disappear without a change. If so, `--wait` checks again. */
  heals?: boolean;
}

/** The result of a check. Without problems, the check has passed. */
export interface Finding {
  /** What was found, in a few words: "backend 12 images, frontend 9". */
  summary: string;
  /** Lines that explain the summary, shown for a failure and with `--verbose`. */
  details?: readonly string[];
  problems?: readonly Problem[];
  /** The check could not be made. The summary states the reason. Checks that need it are skipped. */
  notChecked?: true;
}

/** Options of the command line that a check needs. */
export interface CheckOptions {
  /** `address:port` to connect to instead of CloudFront. */
  albAddress?: { host: string; port: number } | undefined;
  /** Directory of cdktf.json. */
  directory: string;
}

/** What a check receives. */
export interface CheckContext {
  environment: Environment;
  aws: AwsClients;
  project: string;
  names: ResourceNames;
  options: CheckOptions;
  /** Facts that several checks need. Each is read once. */
  reads: Reads;
  /** Aborted when the check times out and when the run ends. */
  signal: AbortSignal;
  now: Date;
  /** From now on, hides a secret in everything that is printed. */
  hide: (secret: string) => void;
  /** Prints a line with `--verbose`, such as the command line of a program. */
  log: (line: string) => void;
}

export interface Check {
  /** Stable, in kebab-case: people select a check, waive it and search for it by its id. */
  id: string;
  /** What the check verifies, as a sentence without a period. */
  title: string;
  /** The only mode in which the check applies. Default: both. */
  mode?: Mode;
  /** Checks that run before this one. If one of them fails, this check is skipped. */
  needs: readonly string[];
  /** IAM actions of its AWS calls. */
  actions: readonly Action[];
  /** Runs only with its option: `--data`, `--drift`. */
  optional?: true;
  /** Every other check needs it: it can be neither skipped nor waived, and its failure decides the exit code. */
  essential?: true;
  /** The check connects to RDS. The time to open the route does not count as its own time. */
  usesRoute?: true;
  /** Milliseconds that it may take. Default: `--timeout`. */
  timeout?: number;
  /** Runs the check. The runner turns every error of its calls into a result. */
  run(context: CheckContext): Promise<Finding>;
}

export function failure(message: string, fix: Fix): Problem {
  return { severity: "failure", message, fix };
}

/** A failure that may disappear without a change. */
export function transient(message: string, fix: Fix): Problem {
  return { severity: "failure", message, fix, heals: true };
}

export function warning(message: string, fix: Fix): Problem {
  return { severity: "warning", message, fix };
}
