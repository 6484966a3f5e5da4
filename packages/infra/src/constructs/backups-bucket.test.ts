/**
 * The backups bucket, tag by tag and output by output: people already have this bucket, from the HCL that this stack replaces. These tests
 * list every difference from that bucket.
 */
import { describe, expect, it } from "vitest";
import { type Block, part, resource, resources, synthesized } from "../testing/synthesized.ts";

const document = synthesized();

/** A resource of the bucket, without what CDKTF records about itself. */
function attributes(type: string, path: string): Block {
  return Object.fromEntries(
    Object.entries(resource(document, type, `backups-bucket/${path}`)).filter(([name]) => name !== "//"),
  );
}

const id = expect.stringMatching(/^\$\{aws_s3_bucket\.backups-bucket_dumps_bucket_\w+\.id\}$/) as string;

describe("the backups bucket is equal to that of the HCL:", () => {
  it("its name and its tags; the provider adds the tags that all resources have", () => {
    expect(attributes("aws_s3_bucket", "dumps/bucket")).toEqual({
      bucket: "davidshaevel-dev-db-backups",
      tags: {
        Name: "davidshaevel-dev-db-backups",
        Purpose: "Database sync dumps between Neon and RDS",
      },
      // Not in the HCL.
      lifecycle: { prevent_destroy: true },
    });
    const [provider] = part(document, "provider")["aws"] as Block[];
    expect(provider?.["default_tags"]).toEqual([
      { tags: { Project: "davidshaevel", Environment: "dev", ManagedBy: "terraform" } },
    ]);
  });

  it("its rule, that deletes dumps after 30 days", () => {
    const { rule, ...rest } = attributes("aws_s3_bucket_lifecycle_configuration", "lifecycle");
    expect(rest).toEqual({
      bucket: id,
      depends_on: [expect.stringContaining("aws_s3_bucket_versioning.")],
    });
    expect(rule).toEqual([
      {
        id: "expire-old-dumps",
        status: "Enabled",
        filter: [{ prefix: "" }],
        expiration: [{ days: "${var.db_backups_retention_days}" }],
        // Not in the HCL, whose bucket has no versions.
        noncurrent_version_expiration: [{ noncurrent_days: "${var.db_backups_noncurrent_days}" }],
      },
      {
        // Not in the HCL.
        id: "clean-up",
        status: "Enabled",
        filter: [{ prefix: "" }],
        expiration: [{ expired_object_delete_marker: true }],
        abort_incomplete_multipart_upload: [{ days_after_initiation: 1 }],
      },
    ]);
    expect(part(document, "variable", "db_backups_retention_days")).toMatchObject({ default: 30 });
    expect(part(document, "variable", "db_backups_noncurrent_days")).toMatchObject({ default: 7 });
  });

  it("its four settings that block public access", () => {
    expect(attributes("aws_s3_bucket_public_access_block", "dumps/public-access-block")).toEqual({
      bucket: id,
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
  });

  it("its encryption", () => {
    expect(attributes("aws_s3_bucket_server_side_encryption_configuration", "dumps/encryption")).toEqual({
      bucket: id,
      rule: [{ apply_server_side_encryption_by_default: { sse_algorithm: "AES256" } }],
    });
  });

  it("its outputs", () => {
    expect(part(document, "output", "db_backups_bucket_name")).toEqual({
      description: "Name of the S3 bucket for database backup dumps",
      value: expect.stringMatching(/\.bucket\}$/) as string,
    });
    expect(part(document, "output", "db_backups_bucket_arn")).toEqual({
      description: "ARN of the S3 bucket for database backup dumps",
      value: expect.stringMatching(/\.arn\}$/) as string,
    });
  });
});

it("beyond the HCL, only this bucket is versioned", () => {
  expect(resources(document, "aws_s3_bucket_versioning")).toEqual([
    expect.objectContaining({ bucket: id, versioning_configuration: { status: "Enabled" } }),
  ]);
});
