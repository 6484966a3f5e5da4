/** Changes that RDS refuses to make to an instance that exists. Terraform would plan them, and stop in the middle of its apply. */
import type { PlanContents, Resource } from "../terraform/changes.ts";

export interface ImpossibleChange {
  address: string;
  action: string;
  /** The attribute that changes, with its values: `engine_version 18.1 -> 17`. */
  attribute: string;
  /** Why RDS refuses it, and what a person can do. */
  reason: string;
}

type Contents = Pick<PlanContents, "changes" | "before" | "after">;

/** What RDS would refuse of a plan; nothing where the plan deletes the instance. */
export function impossibleChanges(contents: Contents): ImpossibleChange[] {
  const instances = contents.before.filter(({ type }) => type === "aws_db_instance");
  const isDeleted = (address: string) =>
    contents.changes.some((change) => change.address === address && deletes(change));
  const kept = instances.filter(({ address }) => !isDeleted(address));
  if (kept.length === 0) return [];
  return [...kept.flatMap((instance) => changesOf(instance, contents)), ...networkChanges(contents)];
}

function deletes({ action }: Contents["changes"][number]): boolean {
  return action === "destroy" || action === "replace";
}

function changesOf({ address, values: before }: Resource, { changes, after }: Contents): ImpossibleChange[] {
  const values = after.find((resource) => resource.address === address)?.values;
  const isChanged = changes.some((change) => change.address === address && change.action === "change");
  if (!isChanged || values === undefined) return [];
  const version = textOf(before["engine_version_actual"]) || textOf(before["engine_version"]);
  const wanted = textOf(values["engine_version"]);
  const storage = numberOf(before["allocated_storage"]);
  const found: (readonly [attribute: string, from: unknown, to: unknown, reason: string])[] = [];
  if (wanted !== "" && version !== "" && compareVersions(wanted, version) < 0) {
    const reason = "RDS never returns an instance to an older version";
    found.push(["engine_version", version, wanted, reason]);
  } else if (wanted !== "" && version !== "" && wanted.split(".")[0] !== version.split(".")[0]) {
    const reason = `RDS needs --allow-major-version-upgrade, which Terraform does not give: upgrade the instance with \`aws rds modify-db-instance\` first`;
    found.push(["engine_version", version, wanted, reason]);
  }
  for (const attribute of ["allocated_storage", "max_allocated_storage"]) {
    const size = numberOf(values[attribute]);
    if (size === 0 || size >= storage || values[attribute] === before[attribute]) continue;
    const reason = `the instance has ${storage} GB, and its storage never shrinks`;
    found.push([attribute, before[attribute], size, reason]);
  }
  return found.map(([attribute, from, to, reason]) => ({
    ...{ address, action: "change", reason },
    attribute: `${attribute} ${String(from)} -> ${String(to)}`,
  }));
}

/** The subnets of the database, and their group. RDS has a network interface in them, so AWS does not delete them. */
function networkChanges({ changes, before }: Contents): ImpossibleChange[] {
  const groups = before.filter(({ type }) => type === "aws_db_subnet_group");
  const ids = new Set(
    groups.flatMap(({ values: { subnet_ids: list } }) => (Array.isArray(list) ? (list as unknown[]) : [])),
  );
  const subnets = before.filter(({ type, values }) => type === "aws_subnet" && ids.has(values["id"]));
  const used = new Set([...groups, ...subnets].map(({ address }) => address));
  return changes
    .filter((change) => used.has(change.address) && deletes(change))
    .map(({ address, action, forcedBy = [] }) => ({
      ...{ address, action, attribute: forcedBy.join(", ") },
      reason: "the database is in it",
    }));
}

/** Below 0 if the first version is older. A part that the first version does not have is equal. */
function compareVersions(wanted: string, present: string): number {
  const parts = present.split(".").map(Number);
  for (const [index, part] of wanted.split(".").map(Number).entries()) {
    const difference = part - (parts[index] ?? part);
    if (difference !== 0) return difference;
  }
  return 0;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
