/** Whether AWS answers at all, for a program that waits for AWS and has no limit itself. */
import type { Environment } from "../config/env.ts";
import { createAwsClients } from "./clients.ts";
import { sdk } from "./sdk.ts";

/**
 * Sends a request over a new connection. It needs no permission.
 * @returns why AWS does not answer; undefined if it does, even with an error, or if the request could not be sent
 */
export async function probeAws(
  environment: Environment,
  milliseconds: number,
  stop: AbortSignal,
): Promise<string | undefined> {
  const limit = AbortSignal.timeout(milliseconds);
  const { GetCallerIdentityCommand } = sdk.sts();
  const sts = await createAwsClients(environment).sts();
  try {
    await sts.send(new GetCallerIdentityCommand({}), { abortSignal: AbortSignal.any([limit, stop]) });
    return undefined;
  } catch {
    return limit.aborted ? "AWS does not answer a new request" : undefined;
  } finally {
    sts.destroy();
  }
}
