/** Turns what the AWS SDK throws into errors a person can act on. */
import { awsAccessDenied, awsCredentials, awsFailed } from "../errors.ts";
import { OpsError, messageOf } from "../ops-error.ts";

/** Names of the exceptions that mean "log in again", of all services (AWS documentation, "Common error types"). */
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
 * @param attempt what was tried, as the start of a sentence: "Cannot read the secret x"
 */
export function awsError(error: unknown, attempt: string): Error {
  if (error instanceof OpsError) return error;
  const name = awsErrorName(error);
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  if (name === "AbortError" && cause instanceof OpsError) return cause;
  const options = { cause: error };
  if (credentialErrors.has(name)) return awsCredentials({ attempt, reason: name }, options);
  if (name === "AccessDenied" || name === "AccessDeniedException" || awsStatus(error) === 403) {
    return awsAccessDenied({ attempt, reason: messageOf(error) }, options);
  }
  return awsFailed({ attempt, reason: messageOf(error) || name }, options);
}
