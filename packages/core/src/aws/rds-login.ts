/**
 * The login to RDS: the password of the secret, or with RDS_AUTH=iam a token that AWS accepts in place of a password. A token is valid for 15
 * minutes, and only for the login, so every connection gets its own.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html
 */
import { readVariable, type Environment } from "../config/env.ts";
import type { DatabaseSecret } from "../contract.ts";
import { rdsAuthInvalid, rdsIamUserMissing } from "../errors.ts";
import type { AwsClients } from "./clients.ts";
import { awsError } from "./errors.ts";
import { sdk } from "./sdk.ts";

export type RdsLogin = DatabaseSecret & {
  /** A password for the next connection. Without it, the password is always the same. */
  freshPassword?: () => Promise<string>;
};

/**
 * Whether RDS_AUTH asks for tokens of IAM.
 * @throws OpsError RDS_AUTH_INVALID (configuration)
 */
export function usesIam(environment: Environment): boolean {
  const value = readVariable(environment, "RDS_AUTH") ?? "";
  if (value !== "iam" && value !== "password") throw rdsAuthInvalid({ value });
  return value === "iam";
}

/**
 * The login with tokens. They are signed for the endpoint itself, even if a tunnel leads to it.
 * @param hide keeps a token out of the output
 * @throws OpsError RDS_IAM_USER_MISSING (configuration), AWS_CREDENTIALS (aws)
 */
export async function iamLogin(
  { region }: Pick<AwsClients, "region">,
  { host, port }: { host: string; port: number },
  environment: Environment,
  hide: (secret: string) => void,
): Promise<RdsLogin> {
  const username = readVariable(environment, "RDS_IAM_USER");
  if (username === undefined) throw rdsIamUserMissing();
  const signer = new (sdk.rdsSigner().Signer)({ hostname: host, port, username, region });
  const freshPassword = async () => {
    const token = await signer.getAuthToken().catch((error: unknown) => {
      throw awsError(error, `Cannot sign a token for ${username} @ ${host}`);
    });
    hide(token);
    return token;
  };
  return { username, password: await freshPassword(), freshPassword };
}
