/** Stores the record of a run in the db-backups bucket of the environment. */
import { commandAwsClients } from "../aws/clients.ts";
import { readIdentity } from "../aws/identity.ts";
import { readVariable, type Environment } from "../config/env.ts";
import { readProject } from "../config/project.ts";
import { resourceNames } from "../contract.ts";
import { putRecord, type RecordBucket } from "./record-store.ts";
import type { RunRecord } from "./run-record.ts";

/**
 * The bucket of the records. Its name follows from the name of the project: a command may have failed because it could not read the
 * Terraform outputs.
 * @throws OpsError PROJECT_NAME_INVALID, AWS_REGION_INVALID (configuration), WRONG_ACCOUNT (precondition), AWS_* (aws)
 */
export async function recordBucket(
  environment: Environment,
  signal: AbortSignal,
  log: (line: string) => void = () => undefined,
): Promise<RecordBucket & { arn: string }> {
  const name = resourceNames(readProject(environment)).backupsBucket;
  const aws = commandAwsClients(environment, log);
  const { account, arn } = await readIdentity(
    aws,
    readVariable(environment, "PILOT_LIGHT_ACCOUNT_ID"),
    signal,
  );
  return { aws, name, account, arn };
}

/**
 * Stores the record of a run, with the ARN of who ran it.
 * @param redact removes secrets from the text that is stored
 * @param log gets each request to AWS
 * @param replaces whether a task of this run has stored a record with its id
 * @returns the `s3://` address
 */
export async function storeRun(
  record: RunRecord,
  environment: Environment,
  redact: (text: string) => string,
  signal: AbortSignal,
  log: (line: string) => void,
  replaces = false,
): Promise<string> {
  const bucket = await recordBucket(environment, signal, log);
  const { run } = record;
  const complete = { ...record, run: { ...run, by: { ...run.by, arn: bucket.arn } } };
  return await putRecord(bucket, run.id, redact(JSON.stringify(complete, null, 2)), replaces, signal);
}
