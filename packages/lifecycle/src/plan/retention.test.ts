/** Plans that shorten a retention, and plans that do not. */
import { expect, test } from "vitest";
import type { Action } from "../terraform/changes.ts";
import { expiryOf, objectExpiry, shorterRetentions } from "./retention.ts";

type Values = Record<string, unknown>;

function plan(type: string, before: Values | undefined, after: Values, action: Action = "change") {
  const address = `${type}.x`;
  return shorterRetentions({
    changes: [{ address, type, action, name: "x" }],
    before: [
      { address: "aws_s3_bucket.b", type: "aws_s3_bucket", values: { bucket: "dumps" } },
      { address: "aws_ecr_repository.r", type: "aws_ecr_repository", values: { name: "backend" } },
      ...(before === undefined ? [] : [{ address, type, values: before }]),
    ],
    after: [{ address, type, values: after }],
  });
}

const lifecycle = "aws_s3_bucket_lifecycle_configuration";
/** As the provider of AWS has them: 0 where a limit is not set, and rules without a block. */
const dumps = (days: number, noncurrent: number, status = "Enabled") => ({
  bucket: "dumps",
  rule: [
    {
      id: "expire-old-dumps",
      status,
      expiration: [{ days, date: null, expired_object_delete_marker: false }],
      noncurrent_version_expiration: [{ noncurrent_days: noncurrent }],
    },
    { id: "clean-up", status: "Enabled", expiration: [{ days: 0 }], noncurrent_version_expiration: null },
  ],
});
const images = (countNumber: number, countType = "imageCountMoreThan") => ({
  policy: JSON.stringify({ rules: [{ selection: { countType, countNumber } }] }),
});

test.each([
  [lifecycle, dumps(30, 7), dumps(1, 7), [objectExpiry, 30, 1]],
  [lifecycle, dumps(30, 7), dumps(30, 1), ["days until the version of a deleted object is gone", 7, 1]],
  [lifecycle, dumps(0, 7), dumps(30, 7), [objectExpiry, Infinity, 30]],
  [
    "aws_db_instance",
    { backup_retention_period: 7 },
    { backup_retention_period: 0 },
    ["days of automatic backups", 7, 0],
  ],
  [
    "aws_cloudwatch_log_group",
    { retention_in_days: 0 },
    { retention_in_days: 30 },
    ["days of logs", Infinity, 30],
  ],
  ["aws_ecr_lifecycle_policy", images(10), images(2), ["images", 10, 2]],
  ["aws_ecr_lifecycle_policy", images(10), images(14, "sinceImagePushed"), ["days of images", Infinity, 14]],
])("%s from %j to %j is shorter", (type, before, after, [what, from, to]) => {
  expect(plan(type, before, after)).toMatchObject([{ address: `${type}.x`, what, from, to }]);
});

test.each([
  [lifecycle, dumps(30, 7), dumps(90, 7)],
  [lifecycle, dumps(30, 7), dumps(0, 0)],
  [lifecycle, dumps(30, 7), dumps(1, 1, "Disabled")],
  ["aws_db_instance", { backup_retention_period: 7 }, { backup_retention_period: 7, instance_class: "x" }],
  ["aws_cloudwatch_log_group", { retention_in_days: 30 }, { retention_in_days: 0 }],
  ["aws_ecr_lifecycle_policy", images(2), images(10)],
  // The apply decides the text.
  ["aws_ecr_lifecycle_policy", images(2), {}],
  ["aws_lb", { name: "a" }, { name: "b" }],
])("%s from %j to %j is not shorter", (type, before, after) => {
  expect(plan(type, before, after)).toEqual([]);
});

test("a replaced resource counts as a changed one", () => {
  expect(plan("aws_ecr_lifecycle_policy", images(10), images(2), "replace")).toHaveLength(1);
});

test("new rules for a bucket or a repository that exists shorten its retention, and those for a new one do not", () => {
  expect(plan(lifecycle, undefined, dumps(30, 7), "create")).toMatchObject([
    { what: objectExpiry, from: Infinity, to: 30, bucket: "dumps" },
    { to: 7 },
  ]);
  expect(plan(lifecycle, undefined, { ...dumps(30, 7), bucket: "new" }, "create")).toEqual([]);
  const policyOf = (repository: string) => ({ ...images(10), repository });
  expect(plan("aws_ecr_lifecycle_policy", undefined, policyOf("backend"), "create")).toMatchObject([
    { what: "images", from: Infinity, to: 10 },
  ]);
  expect(plan("aws_ecr_lifecycle_policy", undefined, policyOf("new"), "create")).toEqual([]);
});

test("S3 deletes an object at the midnight after its last day", () => {
  expect(new Date(expiryOf(new Date("2026-11-22T09:30:00Z"), 1)).toISOString()).toBe(
    "2026-11-24T00:00:00.000Z",
  );
  expect(new Date(expiryOf(new Date("2026-11-22T00:00:00Z"), 1)).toISOString()).toBe(
    "2026-11-23T00:00:00.000Z",
  );
});
