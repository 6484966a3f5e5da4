/** Plans that make AWS delete dumps, backups, images or logs earlier than it would now. Terraform shows such a change as a harmless one. */
import { z } from "zod";
import type { PlanContents, Resource } from "../terraform/changes.ts";

/** For how long AWS keeps something, or how much of it. Infinity: for ever. */
type Kept = Readonly<Record<string, number>>;

const days = z
  .number()
  .nullish()
  .transform((value) => value ?? 0);
const listOf = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((list) => list ?? []);
const lifecycleRules = listOf(
  z.object({
    status: z.string().default("Enabled"),
    expiration: listOf(z.object({ days })),
    noncurrent_version_expiration: listOf(z.object({ noncurrent_days: days })),
  }),
);
const imageRules = z.object({
  rules: listOf(z.object({ selection: z.object({ countType: z.string(), countNumber: days }) })),
});

/** The limit that decides when a dump expires. */
export const objectExpiry = "days until an object expires";

/** For each type of resource, how its attributes limit what AWS keeps, by a description with the unit. */
const limits: Readonly<Record<string, (values: Resource["values"]) => Kept>> = {
  aws_s3_bucket_lifecycle_configuration: ({ rule }) => {
    const rules = lifecycleRules.parse(rule).filter(({ status }) => status === "Enabled");
    return {
      [objectExpiry]: least(rules.flatMap(({ expiration }) => expiration.map((one) => one.days))),
      "days until the version of a deleted object is gone": least(
        rules.flatMap((one) => one.noncurrent_version_expiration.map((each) => each.noncurrent_days)),
      ),
    };
  },
  aws_db_instance: ({ backup_retention_period: kept }) => ({
    "days of automatic backups": Number(kept ?? 0),
  }),
  aws_cloudwatch_log_group: ({ retention_in_days: kept }) => ({ "days of logs": least([Number(kept ?? 0)]) }),
  aws_ecr_lifecycle_policy: ({ policy }) => {
    // The text is unknown before the apply if one of its parts is.
    const { rules } = typeof policy === "string" ? imageRules.parse(JSON.parse(policy)) : { rules: [] };
    const selections = rules.map(({ selection }) => selection);
    const of = (type: string) =>
      least(selections.filter((one) => one.countType === type).map((one) => one.countNumber));
    return { images: of("imageCountMoreThan"), "days of images": of("sinceImagePushed") };
  },
};

/** The least of the limits that are set. */
function least(numbers: readonly number[]): number {
  return Math.min(...numbers.filter((number) => number > 0), Infinity);
}

export interface ShorterRetention {
  address: string;
  type: string;
  /** The bucket of a lifecycle configuration; "" for other types. */
  bucket: string;
  /** `days of backups`. */
  what: string;
  from: number;
  to: number;
}

/** What a plan would shorten. New rules for a bucket or a repository that exists count as well. */
export function shorterRetentions({
  changes,
  before,
  after,
}: Pick<PlanContents, "changes" | "before" | "after">): ShorterRetention[] {
  return changes.flatMap(({ address, type, action }) => {
    const limitsOf = limits[type];
    const next = after.find((resource) => resource.address === address)?.values;
    if (limitsOf === undefined || next === undefined) return [];
    const present = before.find((resource) => resource.address === address)?.values;
    if (present === undefined && !(action === "create" && limitsExisting(type, next, before))) return [];
    const bucket = typeof next["bucket"] === "string" ? next["bucket"] : "";
    const earlier = present === undefined ? {} : limitsOf(present);
    return Object.entries(limitsOf(next)).flatMap(([what, to]) => {
      const from = earlier[what] ?? Infinity;
      return to < from ? [{ address, type, bucket, what, from, to }] : [];
    });
  });
}

/** Types whose resources limit what another resource keeps: the type of the other, and the attributes with its name in both. */
const limited: Readonly<Record<string, { type: string; attribute: string; name: string }>> = {
  aws_s3_bucket_lifecycle_configuration: { type: "aws_s3_bucket", attribute: "bucket", name: "bucket" },
  aws_ecr_lifecycle_policy: { type: "aws_ecr_repository", attribute: "repository", name: "name" },
};

/** Whether a new resource limits what an existing one keeps. */
function limitsExisting(type: string, values: Resource["values"], before: readonly Resource[]): boolean {
  const of = limited[type];
  if (of === undefined) return false;
  return before.some((other) => other.type === of.type && other.values[of.name] === values[of.attribute]);
}

/** Milliseconds since 1970 at which S3 deletes an object that was stored then. S3 applies its rules after midnight UTC. */
export function expiryOf(stored: Date, keptDays: number): number {
  const day = 24 * 3_600_000;
  return Math.ceil((stored.getTime() + keptDays * day) / day) * day;
}
