/** The RDS instance as AWS sees it. */
import type { AwsClients } from "@pilot-light/core/aws/clients";
import { awsCommand } from "@pilot-light/core/aws/command-line";
import { describeDatabaseInstance } from "@pilot-light/core/aws/database-instance";
import { awsError } from "@pilot-light/core/aws/errors";
import { OpsError, messageOf } from "@pilot-light/core/ops-error";
import { retryUntil } from "@pilot-light/core/async/retry-until";

export interface Database {
  identifier: string;
  /** RDS's word: "available", "stopped", "modifying". */
  status: string;
  /** Refuses to be deleted. */
  isProtected: boolean;
  arn: string;
}

/** The instance with an identifier; undefined when there is none. */
export async function readDatabase(
  aws: AwsClients,
  identifier: string,
  signal: AbortSignal,
): Promise<Database | undefined> {
  const instance = await describeDatabaseInstance(aws, identifier, signal).catch((error: unknown) => {
    throw awsError(error, `Cannot look at the RDS instance ${identifier}`);
  });
  if (instance === undefined) return undefined;
  const { DBInstanceStatus = "unknown", DBInstanceArn = "", DeletionProtection = false } = instance;
  return { identifier, status: DBInstanceStatus, isProtected: DeletionProtection, arn: DBInstanceArn };
}

/** States in which RDS serves connections while it works on something. */
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
  const aws = { region: arn.split(":")[3] ?? "" };
  const hint =
    status === "stopped"
      ? `Start it, which takes some minutes:  ${awsCommand(aws, `rds start-db-instance ${instance}`)}`
      : `Wait until it is available:  ${awsCommand(aws, `rds wait db-instance-available ${instance}`)}`;
  throw new OpsError(
    "precondition",
    "DATABASE_NOT_AVAILABLE",
    `The RDS instance ${identifier} is ${status}.`,
    { hint },
  );
}

/** States that an instance does not leave by itself. */
const neverAvailable = new Set(["failed", "incompatible-parameters", "incompatible-restore", "deleting"]);

/** Longest time that a new instance or a snapshot may take, in seconds. */
const longestWait = 1800;

/**
 * Waits until the instance serves connections.
 * @throws OpsError DATABASE_NOT_AVAILABLE (aws) when it takes too long
 */
export async function waitForDatabase(
  aws: AwsClients,
  identifier: string,
  signal: AbortSignal,
): Promise<void> {
  const look = async () => {
    const instance = await describeDatabaseInstance(aws, identifier, signal);
    const status = instance?.DBInstanceStatus ?? "";
    if (neverAvailable.has(status)) throw new Error(`RDS says: ${status}`);
    return status === "available";
  };
  const unavailable = (cause?: unknown) =>
    new OpsError(
      "aws",
      "DATABASE_NOT_AVAILABLE",
      `The RDS instance ${identifier} did not become available.`,
      {
        details: cause === undefined ? [] : [messageOf(cause)],
        hint: `See why:  ${awsCommand(aws, `rds describe-events --source-type db-instance --source-identifier ${identifier}`)}`,
        cause,
      },
    );
  const isThere = await retryUntil(look, { seconds: longestWait, signal }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw unavailable(cause);
  });
  if (!isThere) throw unavailable();
}
