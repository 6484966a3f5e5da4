/** The RDS credentials in Secrets Manager. */
import { databaseSecretSchema, type DatabaseSecret } from "../contract.ts";
import { secretMalformed, secretMissing } from "../errors.ts";
import type { AwsClients } from "./clients.ts";
import { awsCommand } from "./command-line.ts";
import { awsError } from "./errors.ts";
import { sdk } from "./sdk.ts";

/**
 * Reads username and password of a secret. Its value never appears in an error.
 * @throws OpsError SECRET_MISSING, SECRET_MALFORMED (configuration), AWS_CREDENTIALS, AWS_ACCESS_DENIED, AWS_FAILED (aws)
 */
export async function readDatabaseSecret(
  aws: AwsClients,
  arn: string,
  signal?: AbortSignal,
): Promise<DatabaseSecret> {
  const { GetSecretValueCommand, ResourceNotFoundException, InvalidRequestException } = sdk.secretsManager();
  const client = await aws.secretsManager();
  const reply = await client
    .send(new GetSecretValueCommand({ SecretId: arn }), signal === undefined ? {} : { abortSignal: signal })
    .catch((error: unknown) => {
      if (error instanceof ResourceNotFoundException || error instanceof InvalidRequestException) {
        const command = awsCommand(aws, `secretsmanager describe-secret --secret-id ${arn}`);
        throw secretMissing({ arn, command }, { cause: error });
      }
      throw awsError(error, `Cannot read the secret ${arn}`);
    });
  return parseSecret(arn, reply.SecretString);
}

function parseSecret(arn: string, text: string | undefined): DatabaseSecret {
  const malformed = (problem: string) => secretMalformed({ arn, problem });
  let value: unknown;
  try {
    value = JSON.parse(text ?? "");
  } catch {
    throw malformed("is not JSON");
  }
  const secret = databaseSecretSchema.safeParse(value);
  if (!secret.success) {
    throw malformed(
      `lacks ${[...new Set(secret.error.issues.map((issue) => issue.path.join(".") || "an object"))].join(" and ")}`,
    );
  }
  if (/[\n\r\0]/.test(secret.data.password)) {
    throw malformed("has a password with a line break, which a libpq password file cannot hold");
  }
  return secret.data;
}
