/** Stores the connection URL of Neon in the secret from which a task gets it. */
import { awsError } from "@pilot-light/core/aws/errors";
import { sdk } from "@pilot-light/core/aws/sdk";
import type { CommandContext } from "@pilot-light/core/cli/command";
import { readNeon } from "@pilot-light/core/postgres/neon-url";
import type { OutputsSource } from "@pilot-light/core/terraform/outputs";
import { readEnvironment } from "../resolve.ts";
import { neonUrlNotGiven } from "./errors.ts";
import { syncPlace } from "./place.ts";

/** Where the URL is stored now. */
export interface StoredUrl {
  /** ARN of the secret. */
  secret: string;
  host: string;
  database: string;
}

/**
 * Checks the URL, and stores it as the value of the secret.
 * @param url the text that a person gave
 * @throws OpsError NEON_URL_NOT_GIVEN (usage), NO_SYNC_TASK and those of a malformed URL (configuration), AWS_* (aws)
 */
export async function storeNeonUrl(
  url: string,
  source: OutputsSource,
  context: CommandContext,
): Promise<StoredUrl> {
  const text = url.trim();
  if (text === "") throw neonUrlNotGiven();
  const { host, database } = readNeon({ NEON_DATABASE_URL: text }, context.printer.redactor);
  const { aws, names, raw } = await readEnvironment(source, context);
  const { neonSecret } = syncPlace(raw, names.stack);
  const { PutSecretValueCommand } = sdk.secretsManager();
  const client = await aws.secretsManager();
  const command = new PutSecretValueCommand({ SecretId: neonSecret, SecretString: text });
  await client.send(command, { abortSignal: context.signal }).catch((error: unknown) => {
    throw awsError(error, `Cannot store the URL in the secret ${neonSecret}`);
  });
  return { secret: neonSecret, host, database };
}
