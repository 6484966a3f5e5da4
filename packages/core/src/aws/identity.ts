/** Which account and role the credentials belong to. */
import { wrongAccount } from "../errors.ts";
import type { AwsClients } from "./clients.ts";
import { awsError } from "./errors.ts";
import { sdk } from "./sdk.ts";

export interface AwsIdentity {
  account: string;
  arn: string;
}

const known = new WeakMap<AwsClients, AwsIdentity>();

/**
 * The identity behind the credentials, which is read once with the same clients.
 * @param expectedAccount account they must belong to, if one was configured
 * @throws OpsError AWS_CREDENTIALS, AWS_FAILED (aws), WRONG_ACCOUNT (precondition)
 */
export async function readIdentity(
  aws: AwsClients,
  expectedAccount?: string,
  signal?: AbortSignal,
): Promise<AwsIdentity> {
  const identity = known.get(aws) ?? (await askForIdentity(aws, signal));
  known.set(aws, identity);
  const { account } = identity;
  if (expectedAccount !== undefined && expectedAccount !== account) {
    const expectedBy = "PILOT_LIGHT_ACCOUNT_ID names";
    throw wrongAccount({
      account,
      expected: expectedAccount,
      expectedBy,
      correction: " or correct that variable",
    });
  }
  return identity;
}

async function askForIdentity(aws: AwsClients, signal: AbortSignal | undefined): Promise<AwsIdentity> {
  const { GetCallerIdentityCommand } = sdk.sts();
  const sts = await aws.sts();
  const reply = await sts
    .send(new GetCallerIdentityCommand({}), signal === undefined ? {} : { abortSignal: signal })
    .catch((error: unknown) => {
      throw awsError(error, "Cannot read the AWS account of the credentials");
    });
  const { Account: account = "", Arn: arn = "" } = reply;
  return { account, arn };
}
