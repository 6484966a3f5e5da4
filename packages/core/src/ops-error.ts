/** Errors that a user can act on, and the one table of exit codes. Anything that is not an `OpsError` is a bug. */

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
  0: "success; after a sync, the target is verified equal to the source",
  1: "problems found",
  2: "usage: unknown command, option or value",
  3: "configuration: a variable, the outputs or a program is missing or malformed",
  4: "refused: a precondition does not hold, or the prompt was declined",
  5: "the source database failed",
  6: "the target database failed",
  7: "AWS or Terraform failed",
  70: "a bug in this tool",
  130: "interrupted; the message states what was changed",
} as const satisfies Record<0 | (typeof exitCodes)[FailureClass], string>;

/** What a failed command has changed. */
export type ResultingState =
  /** Nothing was written anywhere. */
  | "nothing-written"
  /** The target is unchanged, and the command has removed what it created. */
  | "target-unchanged"
  /** Part of the work is done: the message states which part. */
  | "changed"
  /** The state is not known: the message states where to look. */
  | "unknown";

/** The sentence that is printed for a state. For the other states, the message describes the state. */
export const stateSentences = {
  "nothing-written": "Nothing was written.",
  "target-unchanged": "The target is unchanged.",
} as const satisfies Partial<Record<ResultingState, string>>;

/** What an error may carry in addition to its message. */
export interface OpsErrorOptions {
  /** What to do, as a sentence with the command that helps. */
  hint?: string | undefined;
  /** Lines that explain: names of objects, the tail of a program's stderr. */
  details?: readonly string[];
  /** Undefined if only the caller knows: see `withState`. */
  state?: ResultingState | undefined;
  cause?: unknown;
}

/** An expected failure: what happened, to which object, why, and what to do. Created by the functions of the registries (`defineError`). */
export class OpsError extends Error {
  override readonly name = "OpsError";
  readonly failure: FailureClass;
  /** Stable identifier in UPPER_SNAKE_CASE, documented in docs/errors.md. */
  readonly code: string;
  readonly hint: string | undefined;
  readonly details: readonly string[];
  readonly state: ResultingState | undefined;

  constructor(failure: FailureClass, code: string, message: string, options: OpsErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.failure = failure;
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? [];
    this.state = options.state;
  }

  get exit(): number {
    return exitCodes[this.failure];
  }

  /**
   * Whether the command reports this error although the run was interrupted. An interruption causes most errors that follow it, so the
   * command reports the interruption instead. Two kinds of errors are reported all the same: an error whose state is `changed` or
   * `unknown`, and the interruption itself.
   */
  get outlastsInterruption(): boolean {
    return this.failure === "interrupted" || this.state === "changed" || this.state === "unknown";
  }

  /** The same error with other options; an option that is not given keeps its value. */
  with(changes: OpsErrorOptions): OpsError {
    const { failure, code, message, hint, details, state, cause } = this;
    return new OpsError(failure, code, message, { hint, details, state, cause, ...changes });
  }
}

/** An entry of a package's registry of errors, which docs/errors.md lists. */
export interface ErrorEntry<Facts> {
  /** Stable identifier in UPPER_SNAKE_CASE, unique over all packages. */
  code: string;
  /** The class, which decides the exit code; if it depends on the facts, all possible classes and a function that chooses. */
  failure: FailureClass | { oneOf: readonly FailureClass[]; choose: (facts: Facts) => FailureClass };
  /** For the documentation: one sentence on when this error occurs. */
  meaning: string;
  /** For the documentation: what to do about it, in a sentence or two. */
  remedy: string;
  /** The state that is certain wherever this error is thrown. */
  state?: ResultingState;
  /** What happened, to which object. */
  message: (facts: Facts) => string;
  /** What to do; the command comes last. */
  hint?: (facts: Facts) => string | undefined;
  details?: (facts: Facts) => readonly string[];
}

/** Creates the error from its facts. Given options have precedence over those of the entry; details are appended. */
export interface RegisteredError<Facts> {
  (facts: Facts, options?: OpsErrorOptions): OpsError;
  readonly entry: ErrorEntry<Facts>;
}

/** An entry of a registry. Named after its code: `NEON_URL_MISSING` is `neonUrlMissing`. */
export function defineError<Facts = void>(entry: ErrorEntry<Facts>): RegisteredError<Facts> {
  const create = (facts: Facts, options: OpsErrorOptions = {}) => {
    const { code, failure, message, hint, details, state } = entry;
    const chosen = typeof failure === "string" ? failure : failure.choose(facts);
    return new OpsError(chosen, code, message(facts), {
      hint: hint?.(facts),
      state,
      ...options,
      details: [...(details?.(facts) ?? []), ...(options.details ?? [])],
    });
  };
  return Object.assign(create, { entry });
}

/** What a `--json` document states about an error. */
export interface DescribedError {
  code: string;
  message: string;
  hint: string;
  details: readonly string[];
  exit: number;
  state: ResultingState | null;
}

/** The error that another process of these tools reported in its document. An exit code without a class is a bug of that process. */
export function describedError({ code, message, hint, details, exit, state }: DescribedError): OpsError {
  const known = Object.entries(exitCodes) as readonly (readonly [FailureClass, number])[];
  const [failure] = known.find(([, number]) => number === exit) ?? (["bug"] as const);
  return new OpsError(failure, code, message, {
    details,
    ...(hint === "" ? {} : { hint }),
    ...(state === null ? {} : { state }),
  });
}

/** The error with the state that the caller knows. An error that has a state keeps it. A bug is returned unchanged. */
export function withState(error: unknown, state: ResultingState): unknown {
  return error instanceof OpsError && error.state === undefined ? error.with({ state }) : error;
}

/** The message of anything thrown, without its stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
