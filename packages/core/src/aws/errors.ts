/** Turns what the AWS SDK throws into errors a person can act on. */
import { OpsError, messageOf } from "../errors.ts";

/** Names of the exceptions that mean "log in again", over all services (AWS documentation, "Common error types"). */
const credentialErrors = new Set([
  "CredentialsProviderError",
  "ExpiredToken",
  "ExpiredTokenException",
  "RequestExpired",
  "InvalidClientTokenId",
  "UnrecognizedClientException",
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  "AuthFailure",
  "TokenProviderError",
]);

/** Name of an SDK exception or "". */
export function awsErrorName(error: unknown): string {
  return error instanceof Error ? error.name : "";
}

/** HTTP status of an SDK exception, if the service answered at all. */
export function awsStatus(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("$metadata" in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== "object" || metadata === null || !("httpStatusCode" in metadata)) return undefined;
  return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
}

/**
 * An `OpsError` of class `aws` for anything an SDK call threw; an `OpsError` and an interruption pass unchanged.
 * @param what what was tried, as the start of a sentence: "Cannot read secret x"
 */
export function awsError(error: unknown, what: string): Error {
  if (error instanceof OpsError) return error;
  const name = awsErrorName(error);
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  if (name === "AbortError" && cause instanceof OpsError) return cause;
  if (credentialErrors.has(name)) {
    return new OpsError(
      "aws",
      "AWS_CREDENTIALS",
      `${what}: the AWS credentials are missing, expired or not valid (${name}).`,
      {
        hint: "Log in again:  aws sso login    or check:  aws sts get-caller-identity",
        cause: error,
      },
    );
  }
  if (name === "AccessDenied" || name === "AccessDeniedException" || awsStatus(error) === 403) {
    return new OpsError("aws", "AWS_ACCESS_DENIED", `${what}: access denied. ${messageOf(error)}`, {
      hint: "Check who you are:  aws sts get-caller-identity",
      cause: error,
    });
  }
  return new OpsError("aws", "AWS_FAILED", `${what}: ${messageOf(error) || name}`, {
    hint: "See which service fails with --verbose, and https://health.aws.amazon.com/health/status",
    cause: error,
  });
}
