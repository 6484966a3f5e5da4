/** The RDS instance, as AWS describes it. */
import { regionOfArn } from "@pilot-light/core/aws/arn";
import type { AwsClients } from "@pilot-light/core/aws/clients";
import { awsCommand } from "@pilot-light/core/aws/command-line";
import { describeDatabaseInstance } from "@pilot-light/core/aws/database-instance";
import { awsError } from "@pilot-light/core/aws/errors";
import { messageOf } from "@pilot-light/core/ops-error";
import { retryUntil } from "@pilot-light/core/async/retry-until";
import { databaseNotAvailable } from "../errors.ts";

export interface Database {
  identifier: string;
  /** As RDS reports it: "available", "stopped", "modifying". */
  status: string;
  /** Has deletion protection. */
  isProtected: boolean;
  arn: string;
}

/** The instance with an identifier; undefined when it does not exist. */
export async function readDatabase(
  aws: AwsClients,
  identifier: string,
  signal: AbortSignal,
): Promise<Database | undefined> {
  const instance = await describeDatabaseInstance(aws, identifier, signal).catch((error: unknown) => {
    throw awsError(error, `Cannot read the RDS instance ${identifier}`);
  });
  if (instance === undefined) return undefined;
  const { DBInstanceStatus = "unknown", DBInstanceArn = "", DeletionProtection = false } = instance;
  return { identifier, status: DBInstanceStatus, isProtected: DeletionProtection, arn: DBInstanceArn };
}

/** States in which RDS serves connections. */
const usable = new Set([
  "available",
  "backing-up",
  "storage-optimization",
  "configuring-enhanced-monitoring",
  "configuring-iam-database-auth",
  "modifying",
  "maintenance",
]);

/** @throws OpsError DATABASE_NOT_AVAILABLE (precondition) */
export function assertUsable({ identifier, status, arn }: Database): void {
  if (usable.has(status)) return;
  const instance = `--db-instance-identifier ${identifier}`;
  const aws = { region: regionOfArn(arn) ?? "" };
  const action = status === "stopped" ? "start-db-instance" : "wait db-instance-available";
  throw databaseNotAvailable({
    identifier,
    status,
    helpfulCommand: awsCommand(aws, `rds ${action} ${instance}`),
  });
}

/** States that an instance never leaves by itself. */
const neverAvailable = new Set(["failed", "incompatible-parameters", "incompatible-restore", "deleting"]);

/** Longest time that a new instance may take. */
const longestWaitSeconds = 1800;

/**
 * Waits until the instance serves connections.
 * @throws OpsError DATABASE_NOT_AVAILABLE (aws) when it takes too long
 */
export async function waitForDatabase(
  aws: AwsClients,
  identifier: string,
  signal: AbortSignal,
): Promise<void> {
  const isAvailable = async () => {
    const instance = await describeDatabaseInstance(aws, identifier, signal);
    const status = instance?.DBInstanceStatus ?? "";
    if (neverAvailable.has(status)) throw new Error(`RDS reports the status "${status}"`);
    return status === "available";
  };
  const eventsCommand = awsCommand(
    aws,
    `rds describe-events --source-type db-instance --source-identifier ${identifier}`,
  );
  const inTime = await retryUntil(isAvailable, { seconds: longestWaitSeconds, signal }).catch(
    (cause: unknown) => {
      signal.throwIfAborted();
      throw databaseNotAvailable({ identifier, eventsCommand, reason: messageOf(cause) }, { cause });
    },
  );
  if (inTime) return;
  const reason = `it took longer than ${longestWaitSeconds / 60} minutes`;
  throw databaseNotAvailable({ identifier, eventsCommand, reason });
}
