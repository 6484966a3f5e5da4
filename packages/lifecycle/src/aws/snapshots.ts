/** Snapshots of the RDS instance: taken before a deactivation deletes it, listed, and pruned. They cost money until they are deleted. */
import type { DBSnapshot, Tag } from "@aws-sdk/client-rds";
import type { AwsClients } from "@pilot-light/core/aws/clients";
import { awsCommand } from "@pilot-light/core/aws/command-line";
import { awsError } from "@pilot-light/core/aws/errors";
import { sdk } from "@pilot-light/core/aws/sdk";
import { environmentName, type ResourceNames } from "@pilot-light/core/contract";
import { retryUntil } from "@pilot-light/core/async/retry-until";
import { snapshotFailed } from "../errors.ts";

export interface RdsSnapshot {
  id: string;
  /** ISO 8601; "" while RDS creates it. */
  createdAt: string;
  status: string;
  gigabytes: number;
  /** Taken by a deactivation, by Terraform when it deleted the instance, or by a person. */
  origin: "deactivation" | "terraform" | "other";
  /** Whether no other copy of its rows is recorded. False for a snapshot that a person took: `prune` never deletes it. */
  onlyCopy: boolean;
}

/** Where the rows of a snapshot were copied to before it was taken. A tag of the snapshot stores it. */
export type CopiedTo = "neon" | "none";

const copiedToTag = "CopiedTo";
/** Terraform's final snapshot follows the snapshot of the same deactivation within this time. */
const sameDeactivationMs = 3_600_000;

/** How many snapshots `prune` keeps by default. */
export const defaultKeep = 3;

/** Longest time that a snapshot may take. */
const longestWaitSeconds = 3600;

/** All manual snapshots of the environment's database, the newest first. */
export async function listSnapshots(
  aws: AwsClients,
  names: ResourceNames,
  signal: AbortSignal,
): Promise<RdsSnapshot[]> {
  const { paginateDescribeDBSnapshots } = sdk.rds();
  const client = await aws.rds();
  const found: RdsSnapshot[] = [];
  const which = { DBInstanceIdentifier: names.databaseInstance, SnapshotType: "manual" };
  try {
    for await (const page of paginateDescribeDBSnapshots({ client }, which, { abortSignal: signal })) {
      found.push(...(page.DBSnapshots ?? []).map((snapshot) => toSnapshot(snapshot, names)));
    }
  } catch (error) {
    throw awsError(error, `Cannot list the snapshots of ${names.databaseInstance}`);
  }
  // A snapshot that RDS still creates has no time yet: it is the newest.
  const age = ({ createdAt }: RdsSnapshot) => (createdAt === "" ? "~" : createdAt);
  return checkFinalSnapshots(found.sort((a, b) => age(b).localeCompare(age(a))));
}

/**
 * Terraform's final snapshot has the same rows as the snapshot of the same deactivation. Without such a snapshot it may be the only
 * copy.
 */
export function checkFinalSnapshots(newestFirst: readonly RdsSnapshot[]): RdsSnapshot[] {
  return newestFirst.map((snapshot, index) => {
    if (snapshot.origin !== "terraform") return snapshot;
    const before = newestFirst.slice(index + 1).find(({ origin }) => origin === "deactivation");
    const gap = Date.parse(snapshot.createdAt) - Date.parse(before?.createdAt ?? "");
    return { ...snapshot, onlyCopy: before === undefined || before.onlyCopy || !(gap <= sameDeactivationMs) };
  });
}

/** Names of this tool and of Terraform end in digits; a name that a person chooses does not have their exact form. */
function originOf(id: string, names: ResourceNames): RdsSnapshot["origin"] {
  const rest = (prefix: string) => (id.startsWith(prefix) ? id.slice(prefix.length) : "");
  if (/^\d{8}-\d{6}$/.test(rest(names.databaseSnapshotPrefix))) return "deactivation";
  // Eight digits of the UUID that Terraform generates for each instance.
  if (/^[0-9a-f]{8}$/.test(rest(names.finalSnapshotPrefix))) return "terraform";
  return "other";
}

/** A snapshot as RDS describes it, with its origin. */
export function toSnapshot(snapshot: DBSnapshot, names: ResourceNames): RdsSnapshot {
  const {
    DBSnapshotIdentifier: id = "",
    SnapshotCreateTime,
    Status = "unknown",
    AllocatedStorage = 0,
    TagList = [],
  } = snapshot;
  const origin = originOf(id, names);
  const copiedTo = TagList.find(({ Key }) => Key === copiedToTag)?.Value;
  return {
    id,
    createdAt: SnapshotCreateTime?.toISOString() ?? "",
    status: Status,
    gigabytes: AllocatedStorage,
    origin,
    onlyCopy: origin !== "other" && copiedTo !== ("neon" satisfies CopiedTo),
  };
}

/**
 * The snapshots that `prune` may delete: all but the newest available ones. Never one that a person took, or that is not available
 * (creating, failed); such a snapshot does not count as kept either.
 * @param keep at least 1: the newest snapshot may be the only copy of a database
 * @param onlyCopies also those without another recorded copy of their rows
 */
export function prunable(
  snapshots: readonly RdsSnapshot[],
  keep: number,
  { onlyCopies = false }: { onlyCopies?: boolean } = {},
): RdsSnapshot[] {
  return snapshots
    .filter(({ origin, status }) => origin !== "other" && status === "available")
    .slice(Math.max(1, keep))
    .filter(({ onlyCopy }) => onlyCopies || !onlyCopy);
}

/** `davidshaevel-dev-db-pre-deactivation-20261124-093000`: UTC. */
export function snapshotName(names: ResourceNames, time: Date): string {
  const stamp = time.toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
  return `${names.databaseSnapshotPrefix}${stamp}`;
}

/**
 * Takes a snapshot and waits until it is available.
 * @param what `copiedTo`: where another copy of its rows is; "none" if no copy is recorded, so that no prune deletes it
 * @throws OpsError SNAPSHOT_FAILED (aws)
 */
export async function takeSnapshot(
  aws: AwsClients,
  what: { id: string; instance: string; project: string; copiedTo?: CopiedTo },
  signal: AbortSignal,
): Promise<void> {
  const { id, instance, project, copiedTo = "none" } = what;
  const { CreateDBSnapshotCommand, DescribeDBSnapshotsCommand } = sdk.rds();
  const client = await aws.rds();
  const tag = (Key: string, Value: string): Tag => ({ Key, Value });
  const Tags = [
    tag("Project", project),
    tag("Environment", environmentName),
    tag("ManagedBy", "pilot-light"),
    tag("Purpose", "pre-deactivation"),
    tag(copiedToTag, copiedTo),
  ];
  try {
    await client.send(
      new CreateDBSnapshotCommand({ DBSnapshotIdentifier: id, DBInstanceIdentifier: instance, Tags }),
      {
        abortSignal: signal,
      },
    );
    const isAvailable = async () => {
      const { DBSnapshots = [] } = await client.send(
        new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: id }),
        { abortSignal: signal },
      );
      const status = DBSnapshots[0]?.Status ?? "";
      if (status === "failed") throw new Error("the snapshot failed");
      return status === "available";
    };
    const inTime = await retryUntil(isAvailable, { seconds: longestWaitSeconds, signal });
    if (!inTime) throw new Error(`it took longer than ${longestWaitSeconds / 60} minutes`);
  } catch (cause) {
    signal.throwIfAborted();
    const listCommand = awsCommand(aws, `rds describe-db-snapshots --db-instance-identifier ${instance}`);
    throw snapshotFailed({ id, instance, reason: awsError(cause, "RDS").message, listCommand }, { cause });
  }
}

/** Deletes one snapshot. It cannot be restored. */
export async function deleteSnapshot(aws: AwsClients, id: string, signal: AbortSignal): Promise<void> {
  const { DeleteDBSnapshotCommand } = sdk.rds();
  const client = await aws.rds();
  await client
    .send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier: id }), { abortSignal: signal })
    .catch((error: unknown) => {
      throw awsError(error, `Cannot delete the snapshot ${id}`);
    });
}
