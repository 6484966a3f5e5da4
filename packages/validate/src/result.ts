/** The result of a check: a finding, or why there is none. An exception and a timeout are results, too. */
import { awsError, awsErrorName, awsStatus } from "@pilot-light/core/aws/errors";
import { deployCommand, plainDeploy } from "@pilot-light/core/terraform/deploy-command";
import { OpsError, exitCodes, messageOf } from "@pilot-light/core/ops-error";
import { transient, failure, type Check, type Finding, type Mode, type Problem } from "./check.ts";

/**
 * `skipped`: a check that it needs has failed. `waived`: failed, and accepted until a date. `not-applicable`: belongs to
 * the other mode.
 */
export type Status = "passed" | "warning" | "failed" | "waived" | "skipped" | "not-applicable";

export interface CheckResult {
  id: string;
  title: string;
  status: Status;
  summary: string;
  details: readonly string[];
  problems: readonly Problem[];
  durationMs: number;
  /** The failed check because of which this one was skipped. */
  blockedBy?: string;
  /** When it could not be checked at all: the error's identifier and exit code. */
  error?: { code: string; exit: number };
}

export function resultOf(check: Check, finding: Finding, durationMs: number): CheckResult {
  const { summary, details = [], problems = [] } = finding;
  const failed = problems.some(({ severity }) => severity === "failure");
  const status = failed ? "failed" : problems.length > 0 ? "warning" : "passed";
  return { id: check.id, title: check.title, status, summary, details, problems, durationMs };
}

/**
 * The result with commands that leave the environment in its mode, whatever the check has said.
 * @param mode asked only when it matters; undefined when it is not known
 */
export async function keepingMode(
  result: CheckResult,
  mode: () => Promise<Mode | undefined>,
): Promise<CheckResult> {
  const isPlain = ({ fix }: Problem) => fix.includes(plainDeploy) && !fix.includes("dev_activated");
  if (!result.problems.some(isPlain)) return result;
  const found = await mode();
  const command = deployCommand(found === undefined ? undefined : found === "active");
  const problems = result.problems.map((problem) =>
    isPlain(problem) ? { ...problem, fix: problem.fix.replace(plainDeploy, command) } : problem,
  );
  return { ...result, problems };
}

export function skippedBecauseOf(check: Check, blocker: CheckResult): CheckResult {
  const blockedBy = blocker.blockedBy ?? blocker.id;
  return { ...withoutFinding(check), status: "skipped", summary: `skipped: needs ${blockedBy}`, blockedBy };
}

export function notApplicable(check: Check): CheckResult {
  const summary = check.mode === "active" ? "only in active mode" : "only in pilot light";
  return { ...withoutFinding(check), status: "not-applicable", summary };
}

function withoutFinding({ id, title }: Check) {
  return { id, title, details: [], problems: [], durationMs: 0 };
}

/** The result of a check that threw: what it looked at is not known, so it has failed. */
export function resultOfError(check: Check, error: unknown, durationMs: number): CheckResult {
  const known = isExpected(error) ? awsError(error, "It cannot be checked") : undefined;
  if (!(known instanceof OpsError)) {
    const problem = failure(
      `a bug in this check: ${messageOf(error)}`,
      "Please report it with the stack that --verbose shows.",
    );
    const stack = error instanceof Error ? (error.stack ?? "").split("\n") : [];
    const finding = { summary: "not checked", details: stack, problems: [problem] };
    return { ...resultOf(check, finding, durationMs), error: { code: "BUG", exit: exitCodes.bug } };
  }
  const finding = { summary: "not checked", details: known.details, problems: [problemOf(known)] };
  return {
    ...resultOf(check, finding, durationMs),
    error: { code: known.code, exit: known.exit },
  };
}

/** An expected error as a failure of the environment. */
export function problemOf(error: OpsError): Problem {
  const fix =
    error.code === "AWS_ACCESS_DENIED"
      ? "Grant what validation needs:  pnpm validate --print-policy"
      : (error.hint ?? "See more:  pnpm validate --verbose");
  return (mayHeal(error) ? transient : failure)(error.message, fix);
}

const sdkErrors = new Set(["CredentialsProviderError", "TokenProviderError", "TimeoutError", "AbortError"]);

/** Of ours, of the AWS SDK, or of the network; anything else is a bug. */
function isExpected(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof OpsError || "$metadata" in error || sdkErrors.has(error.name)) return true;
  return "code" in error && !(error instanceof TypeError);
}

const throttling = new Set([
  "Throttling",
  "ThrottlingException",
  "ThrottledException",
  "TooManyRequestsException",
  "RequestLimitExceeded",
  "RequestThrottled",
  "SlowDown",
]);
const networkCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);
const transientCodes = new Set(["CHECK_TIMEOUT", "RUN_TIMEOUT", "UNREACHABLE", "NOT_ACCEPTING"]);

/** Whether trying again later can help: the service was busy or not reached, nothing was refused. */
export function mayHeal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof OpsError) return transientCodes.has(error.code) || mayHeal(error.cause);
  const status = awsStatus(error);
  if (throttling.has(awsErrorName(error)) || error.name === "TimeoutError") return true;
  if (status !== undefined && (status === 429 || status >= 500)) return true;
  return "code" in error && typeof error.code === "string" && networkCodes.has(error.code);
}
