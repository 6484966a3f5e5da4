/** Errors a user can act on, and the one table of exit codes. Anything that is not an `OpsError` is a bug. */

/** Why a command failed, as a class that scripts can branch on. */
export type FailureClass =
  | "problems"
  | "usage"
  | "configuration"
  | "precondition"
  | "source"
  | "target"
  | "aws"
  | "bug"
  | "interrupted";

/** Process exit code of each class; 0 is success. */
export const exitCodes = {
  problems: 1,
  usage: 2,
  configuration: 3,
  precondition: 4,
  source: 5,
  target: 6,
  aws: 7,
  bug: 70,
  interrupted: 130,
} as const satisfies Record<FailureClass, number>;

/** One sentence for each exit code, for `--help` and the README. */
export const exitCodeMeanings = {
  0: "done, and verified where there was something to verify",
  1: "problems found",
  2: "usage: unknown command, flag or value",
  3: "configuration: a variable, the outputs or a program is missing or malformed",
  4: "refused: a precondition does not hold or the person said no",
  5: "the source database failed",
  6: "the target database failed",
  7: "AWS or Terraform failed",
  70: "a bug in this tool",
  130: "interrupted; a sync has removed what it made, a switch says where it stopped",
} as const satisfies Record<0 | (typeof exitCodes)[FailureClass], string>;

/** What an error may carry beside its message. */
export interface OpsErrorOptions {
  /** What to do, as a sentence with the command that helps. */
  hint?: string;
  /** Lines that explain: names of objects, the tail of a program's stderr. */
  details?: readonly string[];
  /** True for what a person has to know though the run was interrupted as well: whether it still is as it was. */
  evenIfInterrupted?: boolean;
  cause?: unknown;
}

/** An expected failure: what happened, on which object, why, and what to do. */
export class OpsError extends Error {
  override readonly name = "OpsError";
  readonly failure: FailureClass;
  /** Stable identifier in UPPER_SNAKE_CASE that can be searched in the documentation. */
  readonly code: string;
  readonly hint: string | undefined;
  readonly details: readonly string[];
  readonly evenIfInterrupted: boolean;

  constructor(failure: FailureClass, code: string, message: string, options: OpsErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.failure = failure;
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? [];
    this.evenIfInterrupted = options.evenIfInterrupted ?? false;
  }

  get exit(): number {
    return exitCodes[this.failure];
  }

  /** The same error, with more to say: what is not given stays as it is. */
  with(changes: OpsErrorOptions): OpsError {
    const { failure, code, message, hint, details, evenIfInterrupted, cause } = this;
    const kept = { details, evenIfInterrupted, cause, ...(hint === undefined ? {} : { hint }) };
    return new OpsError(failure, code, message, { ...kept, ...changes });
  }
}

/** The error of a run that the person ended with Ctrl-C, which is SIGINT, or a supervisor with SIGTERM. */
export function interrupted(signal: string): OpsError {
  return new OpsError("interrupted", "INTERRUPTED", `Interrupted by ${signal}.`);
}

/** The same interruption, where it is certain that this run has written nothing. */
export function interruptedUntouched(reason: unknown): unknown {
  if (!(reason instanceof OpsError)) return reason;
  return reason.with({ details: [...reason.details, "Nothing was written."], evenIfInterrupted: true });
}

/** The message of anything thrown, without its stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
