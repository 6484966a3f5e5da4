/** Snapshots of the database in RDS: taken before it goes, listed, and pruned, for they are paid for until somebody deletes them. */
import type { DBSnapshot, Tag } from "@aws-sdk/client-rds";
import type { AwsClients } from "@pilot-light/core/aws/clients";
import { awsCommand } from "@pilot-light/core/aws/command-line";
import { awsError } from "@pilot-light/core/aws/errors";
import { sdk } from "@pilot-light/core/aws/sdk";
import { environmentName, type ResourceNames } from "@pilot-light/core/contract";
import { OpsError } from "@pilot-light/core/ops-error";
import { retryUntil } from "@pilot-light/core/async/retry-until";

export interface Snapshot {
  id: string;
  /** ISO 8601; "" while it is being made. */
  createdAt: string;
  status: string;
  gigabytes: number;
  /** Taken by a deactivation, by Terraform when it removed the instance, or by a person. */
  origin: "deactivation" | "terraform" | "other";
  /** Whether its rows are, as far as anybody knows, nowhere else. False for one that a person took: it stays anyway. */
  onlyCopy: boolean;
}

/** Where the rows of a snapshot were copied to before it was taken; a tag of it. */
export type CopiedTo = "neon" | "none";

const copiedToTag = "CopiedTo";
/** Milliseconds in which Terraform's final snapshot follows the one of the same deactivation. */
const sameDeactivation = 3_600_000;

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
  return judgeFinals(found.sort((a, b) => age(b).localeCompare(age(a))));
}

/** Terraform's final snapshot holds what the one of the same deactivation does; without one nobody knows. */
export function judgeFinals(newestFirst: readonly Snapshot[]): Snapshot[] {
  return newestFirst.map((snapshot, index) => {
    if (snapshot.origin !== "terraform") return snapshot;
    const before = newestFirst.slice(index + 1).find(({ origin }) => origin === "deactivation");
    const gap = Date.parse(snapshot.createdAt) - Date.parse(before?.createdAt ?? "");
    return { ...snapshot, onlyCopy: before === undefined || before.onlyCopy || !(gap <= sameDeactivation) };
  });
}

/** A name in the form of ours is ours; a person who starts one alike goes on with words. */
function originOf(id: string, names: ResourceNames): Snapshot["origin"] {
  const rest = (prefix: string) => (id.startsWith(prefix) ? id.slice(prefix.length) : "");
  if (/^\d{8}-\d{6}$/.test(rest(names.databaseSnapshotPrefix))) return "deactivation";
  // Eight digits of the UUID that infra's database makes with each instance.
  if (/^[0-9a-f]{8}$/.test(rest(names.finalSnapshotPrefix))) return "terraform";
  return "other";
}

/** What RDS says of a snapshot. */
export function toSnapshot(snapshot: DBSnapshot, names: ResourceNames): Snapshot {
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
 * Those that may go: all but the newest whole ones, and never one that a person took or that is not whole (being made,
 * failed), which does not count as kept either.
 * @param keep 1 at least: the newest may be all that is left of a database
 * @param onlyCopies whether those may go as well whose rows are nowhere else
 */
export function prunable(
  snapshots: readonly Snapshot[],
  keep: number,
  { onlyCopies = false }: { onlyCopies?: boolean } = {},
): Snapshot[] {
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
 * Takes a snapshot and waits until it is whole.
 * @param what `copiedTo`: where its rows are as well; "none" where nobody knows, so that no prune deletes it
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
    const look = async () => {
      const { DBSnapshots = [] } = await client.send(
        new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: id }),
        { abortSignal: signal },
      );
      const status = DBSnapshots[0]?.Status ?? "";
      if (status === "failed") throw new Error("the snapshot has failed");
      return status === "available";
    };
    if (!(await retryUntil(look, { seconds: longestWait, signal }))) throw new Error("it takes too long");
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
