/** Snapshots of the database in RDS: taken before it goes, listed, and pruned, for they are paid for until somebody deletes them. */
import type { DBSnapshot, Tag } from "@aws-sdk/client-rds";
import type { AwsClients } from "@pilot-light/core/aws/clients";
import { awsCommand } from "@pilot-light/core/aws/command-line";
import { awsError } from "@pilot-light/core/aws/errors";
import { sdk } from "@pilot-light/core/aws/sdk";
import { environmentName, type ResourceNames } from "@pilot-light/core/contract";
import { OpsError } from "@pilot-light/core/errors";

export interface Snapshot {
  id: string;
  /** ISO 8601; "" while it is being made. */
  createdAt: string;
  status: string;
  gigabytes: number;
  /** Taken by a deactivation, by Terraform when it removed the instance, or by a person. */
  origin: "deactivation" | "terraform" | "other";
}

/** How many are kept. */
export const usualKeep = 3;

/** Longest time that a snapshot may take, in seconds. */
const longestWait = 3600;

/** All manual snapshots of the environment's database, the newest first. */
export async function listSnapshots(
  aws: AwsClients,
  names: ResourceNames,
  signal: AbortSignal,
): Promise<Snapshot[]> {
  const { paginateDescribeDBSnapshots } = sdk.rds();
  const client = await aws.rds();
  const found: Snapshot[] = [];
  const which = { DBInstanceIdentifier: names.databaseInstance, SnapshotType: "manual" };
  try {
    for await (const page of paginateDescribeDBSnapshots({ client }, which, { abortSignal: signal })) {
      found.push(...(page.DBSnapshots ?? []).map((snapshot) => toSnapshot(snapshot, names)));
    }
  } catch (error) {
    throw awsError(error, `Cannot list the snapshots of ${names.databaseInstance}`);
  }
  // One that is being made has no time yet: it is the newest.
  const age = ({ createdAt }: Snapshot) => (createdAt === "" ? "~" : createdAt);
  return found.sort((a, b) => age(b).localeCompare(age(a)));
}

function toSnapshot(snapshot: DBSnapshot, names: ResourceNames): Snapshot {
  const {
    DBSnapshotIdentifier: id = "",
    SnapshotCreateTime,
    Status = "unknown",
    AllocatedStorage = 0,
  } = snapshot;
  const origin = id.startsWith(names.databaseSnapshotPrefix)
    ? "deactivation"
    : id.startsWith(names.finalSnapshotPrefix)
      ? "terraform"
      : "other";
  return {
    id,
    createdAt: SnapshotCreateTime?.toISOString() ?? "",
    status: Status,
    gigabytes: AllocatedStorage,
    origin,
  };
}

/**
 * Those that may go: all but the newest whole ones, and never one that a person took or that is not whole (being made,
 * failed), which does not count as kept either.
 * @param keep 1 at least: the newest may be all that is left of a database
 */
export function prunable(snapshots: readonly Snapshot[], keep: number): Snapshot[] {
  return snapshots
    .filter(({ origin, status }) => origin !== "other" && status === "available")
    .slice(Math.max(1, keep));
}

/** `davidshaevel-dev-db-pre-deactivation-20261124-093000`: UTC. */
export function snapshotName(names: ResourceNames, time: Date): string {
  const stamp = time.toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
  return `${names.databaseSnapshotPrefix}${stamp}`;
}

/**
 * Takes a snapshot and waits until it is whole.
 * @throws OpsError SNAPSHOT_FAILED (aws)
 */
export async function takeSnapshot(
  aws: AwsClients,
  { id, instance, project }: { id: string; instance: string; project: string },
  signal: AbortSignal,
): Promise<void> {
  const { CreateDBSnapshotCommand, waitUntilDBSnapshotAvailable } = sdk.rds();
  const client = await aws.rds();
  const tag = (Key: string, Value: string): Tag => ({ Key, Value });
  const Tags = [
    tag("Project", project),
    tag("Environment", environmentName),
    tag("ManagedBy", "pilot-light"),
    tag("Purpose", "pre-deactivation"),
  ];
  try {
    await client.send(
      new CreateDBSnapshotCommand({ DBSnapshotIdentifier: id, DBInstanceIdentifier: instance, Tags }),
      {
        abortSignal: signal,
      },
    );
    await waitUntilDBSnapshotAvailable(
      { client, maxWaitTime: longestWait, minDelay: 5, maxDelay: 30, abortSignal: signal },
      { DBSnapshotIdentifier: id },
    );
  } catch (cause) {
    signal.throwIfAborted();
    throw new OpsError(
      "aws",
      "SNAPSHOT_FAILED",
      `The snapshot ${id} of ${instance} did not become available.`,
      {
        details: [awsError(cause, "RDS says").message],
        hint: `Look at it:  ${awsCommand(aws, `rds describe-db-snapshots --db-instance-identifier ${instance}`)}`,
        cause,
      },
    );
  }
}

/** Deletes one snapshot for good. */
export async function deleteSnapshot(aws: AwsClients, id: string, signal: AbortSignal): Promise<void> {
  const { DeleteDBSnapshotCommand } = sdk.rds();
  const client = await aws.rds();
  await client
    .send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier: id }), { abortSignal: signal })
    .catch((error: unknown) => {
      throw awsError(error, `Cannot delete the snapshot ${id}`);
    });
}
