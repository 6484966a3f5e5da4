/** The result of a check: what it found, or why it could not run. An exception and a timeout are results as well. */
import { awsError, awsErrorName, awsStatus } from "@pilot-light/core/aws/errors";
import { OpsError, exitCodes, messageOf } from "@pilot-light/core/ops-error";
import { transient, failure, type Check, type Finding, type Problem } from "./check.ts";
import type { CheckResult } from "./documents.ts";
import { renderFix } from "./fix.ts";

/** The outcome of a check, before the text of its fixes is known. */
export interface Attempt {
  finding: Finding;
  /** Why the check could not run to its end. */
  error?: CheckResult["error"] & object;
  durationMs: number;
}

/** The result of an attempt. */
export function resultOf({ id, title }: Check, { finding, durationMs, error }: Attempt): CheckResult {
  const { summary, details = [], problems = [], notChecked = false } = finding;
  const failed = problems.some(({ severity }) => severity === "failure");
  const found = failed ? "failed" : problems.length > 0 ? "warning" : "passed";
  const status = notChecked ? "skipped" : found;
  const rendered = problems.map((problem) => ({ ...problem, fix: renderFix(problem.fix) }));
  return {
    id,
    title,
    status,
    summary,
    details,
    problems: rendered,
    durationMs,
    ...(error === undefined ? {} : { error }),
  };
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

/** The outcome of a check that threw an error: the state of the environment is not known, so the check has failed. */
export function attemptOfError(error: unknown, durationMs: number): Attempt {
  const known = isExpected(error) ? awsError(error, "The check could not run") : undefined;
  if (!(known instanceof OpsError)) {
    const problem = failure(`a bug in this check: ${messageOf(error)}`, {
      text: "Report it with the stack that --verbose shows.",
    });
    const stack = error instanceof Error ? (error.stack ?? "").split("\n") : [];
    const finding = { summary: "not checked", details: stack, problems: [problem] };
    return { finding, error: { code: "BUG", exit: exitCodes.bug }, durationMs };
  }
  const finding = { summary: "not checked", details: known.details, problems: [problemOf(known)] };
  return { finding, error: { code: known.code, exit: known.exit }, durationMs };
}

/** An expected error as a failure of the environment. */
export function problemOf(error: OpsError): Problem {
  const fix =
    error.code === "AWS_ACCESS_DENIED"
      ? { text: "Grant the permissions that validation needs", command: "pnpm validate --print-policy" }
      : error.hint === undefined
        ? { text: "Show more", command: "pnpm validate --verbose" }
        : { text: error.hint };
  return (mayHeal(error) ? transient : failure)(error.message, fix);
}

const sdkErrors = new Set(["CredentialsProviderError", "TokenProviderError", "TimeoutError", "AbortError"]);

/** An error of this tool, of the AWS SDK, or of the network; anything else is a bug. */
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

/** Whether a later attempt can succeed: the service was busy or out of reach, and did not refuse the request. */
export function mayHeal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof OpsError) return transientCodes.has(error.code) || mayHeal(error.cause);
  const status = awsStatus(error);
  if (throttling.has(awsErrorName(error)) || error.name === "TimeoutError") return true;
  if (status !== undefined && (status === 429 || status >= 500)) return true;
  return "code" in error && typeof error.code === "string" && networkCodes.has(error.code);
}
