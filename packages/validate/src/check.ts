/** What a check is, what it gets and what it gives. A check returns data and never prints. */
import type { AwsClients } from "@pilot-light/core/aws/clients";
import type { ResourceNames } from "@pilot-light/core/contract";
import type { Environment } from "@pilot-light/core/config/env";
import type { Action } from "./actions.ts";
import type { Reads } from "./reads.ts";

/** Whether the compute of the environment is switched on, as its Terraform output `dev_activated` says. */
export type Mode = "pilot-light" | "active";

/** One thing that is not as it should be. */
export interface Problem {
  severity: "failure" | "warning";
  /** What, on which object. */
  message: string;
  /** What to do, with the command to run. */
  fix: string;
  /** Time alone may put it right: `--wait` tries again. */
  heals?: boolean;
}

/** What a check found. Without problems it has passed. */
export interface Finding {
  /** What was found, in a few words: "backend 12 images, frontend 9". */
  summary: string;
  /** More lines, for `--verbose`. */
  details?: readonly string[];
  problems?: readonly Problem[];
}

/** What a person chose on the command line that a check has to know. */
export interface CheckOptions {
  /** `address:port` to connect to instead of the load balancer. */
  albAddress?: { host: string; port: number } | undefined;
  /** Folder with cdktf.json. */
  directory: string;
}

/** What a check gets. */
export interface CheckContext {
  environment: Environment;
  aws: AwsClients;
  project: string;
  names: ResourceNames;
  options: CheckOptions;
  /** What several checks look at, read once. */
  reads: Reads;
  /** Aborted when the check has timed out and when the run ends. */
  signal: AbortSignal;
  now: Date;
  /** Hides a secret from then on wherever it would be printed. */
  hide: (secret: string) => void;
  /** Tells a person who asked for it, such as the command line of a program that is started. */
  log: (line: string) => void;
}

export interface Check {
  /** Stable, in kebab-case: people select by it, waive by it and search for it. */
  id: string;
  /** What it makes sure of, as a sentence without a full stop. */
  title: string;
  /** The only mode in which it makes sense; both without. */
  mode?: Mode;
  /** Checks that must not have failed before, or this one is skipped. */
  needs: readonly string[];
  /** IAM actions of the AWS calls that it makes. */
  actions: readonly Action[];
  /** Runs only when its flag is given: `--data`, `--drift`. */
  optional?: true;
  /** Nothing else can be said without it: it can be neither skipped nor waived, and its failure decides the exit code. */
  essential?: true;
  /** Milliseconds it may take, when the usual time is too short. */
  timeout?: number;
  /** @throws whatever its calls throw: the runner makes a result of it */
  run(context: CheckContext): Promise<Finding>;
}

export function failure(message: string, fix: string): Problem {
  return { severity: "failure", message, fix };
}

/** A failure that time alone may put right. */
export function transient(message: string, fix: string): Problem {
  return { severity: "failure", message, fix, heals: true };
}

export function warning(message: string, fix: string): Problem {
  return { severity: "warning", message, fix };
}
