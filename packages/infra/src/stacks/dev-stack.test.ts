/** What the synthesized Terraform of the dev stack must and must not say. */
import { tmpdir } from "node:os";
import { outputsSchema } from "@pilot-light/core/contract";
import { describe, expect, it } from "vitest";
import { part, resources, synthesized, synthesizedText } from "../testing/synthesized.ts";

const document = synthesized();

describe("the backups bucket", () => {
  it("has the name of the contract and cannot be destroyed", () => {
    expect(resources(document, "aws_s3_bucket")).toEqual([
      expect.objectContaining({
        bucket: "davidshaevel-dev-db-backups",
        lifecycle: { prevent_destroy: true },
      }),
    ]);
  });

  it("expires dumps and their old versions, and cleans up aborted uploads", () => {
    const [lifecycle] = resources(document, "aws_s3_bucket_lifecycle_configuration");
    expect(lifecycle).toMatchObject({
      rule: [
        {
          id: "expire-old-dumps",
          status: "Enabled",
          filter: [{ prefix: "" }],
          expiration: [{ days: "${var.db_backups_retention_days}" }],
          noncurrent_version_expiration: [{ noncurrent_days: "${var.db_backups_noncurrent_days}" }],
        },
        { status: "Enabled", abort_incomplete_multipart_upload: [{ days_after_initiation: 1 }] },
      ],
    });
    expect(part(document, "variable", "db_backups_retention_days")).toMatchObject({ default: 30 });
  });

  it("is versioned and encrypted", () => {
    expect(resources(document, "aws_s3_bucket_versioning")).toMatchObject([
      { versioning_configuration: { status: "Enabled" } },
    ]);
    expect(resources(document, "aws_s3_bucket_server_side_encryption_configuration")).toMatchObject([
      { rule: [{ apply_server_side_encryption_by_default: { sse_algorithm: "AES256" } }] },
    ]);
  });

  it("is closed to the public and to requests without TLS", () => {
    expect(resources(document, "aws_s3_bucket_public_access_block")).toMatchObject([
      {
        block_public_acls: true,
        block_public_policy: true,
        ignore_public_acls: true,
        restrict_public_buckets: true,
      },
    ]);
    const [policy] = resources(document, "aws_s3_bucket_policy");
    expect(JSON.parse(String(policy?.["policy"]))).toMatchObject({
      Statement: [
        {
          Effect: "Deny",
          Principal: "*",
          Action: "s3:*",
          Resource: [expect.stringMatching(/\.arn\}$/), expect.stringMatching(/\.arn\}\/\*$/)],
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        },
      ],
    });
  });
});

describe("the database", () => {
  it("is private, encrypted, protected, and has a password that RDS manages", () => {
    const [instance, ...others] = resources(document, "aws_db_instance");
    expect(others).toEqual([]);
    expect(instance).toMatchObject({
      identifier: "davidshaevel-dev-db",
      engine: "postgres",
      publicly_accessible: false,
      storage_encrypted: true,
      manage_master_user_password: true,
      deletion_protection: "${var.db_deletion_protection}",
      skip_final_snapshot: false,
      final_snapshot_identifier: "davidshaevel-dev-db-${var.db_final_snapshot_suffix}",
    });
    expect(instance).not.toHaveProperty("password");
    expect(part(document, "variable", "db_deletion_protection")).toMatchObject({ default: true });
  });

  it("has a database name that RDS takes for a project with hyphens", () => {
    expect(part(synthesized("my-shop"), "variable", "db_name")).toMatchObject({ default: "my_shop" });
  });

  it("lies in private subnets of two zones", () => {
    expect(resources(document, "aws_subnet")).toMatchObject([
      { availability_zone: "${element(var.availability_zones, 0)}", map_public_ip_on_launch: false },
      { availability_zone: "${element(var.availability_zones, 1)}", map_public_ip_on_launch: false },
    ]);
    expect(resources(document, "aws_internet_gateway")).toEqual([]);
    expect(resources(document, "aws_route")).toEqual([]);
  });

  it("is reached from the backend's security group and from nowhere else", () => {
    expect(resources(document, "aws_vpc_security_group_ingress_rule")).toEqual([
      expect.objectContaining({
        security_group_id: expect.stringContaining("_database_") as string,
        referenced_security_group_id: expect.stringContaining("_backend_") as string,
        from_port: 5432,
        to_port: 5432,
        ip_protocol: "tcp",
      }),
    ]);
    expect(synthesizedText()).not.toMatch(/0\.0\.0\.0\/0|::\/0/);
  });
});

describe("the variables", () => {
  it("leave the environment in pilot light by default", () => {
    expect(part(document, "variable", "dev_activated")).toMatchObject({ type: "bool", default: false });
  });

  it("all have a description, a type and a default, and none can be null", () => {
    for (const variable of Object.values(part(document, "variable"))) {
      expect(variable).toMatchObject({
        description: expect.stringMatching(/^[A-Z].*\.$/) as string,
        type: expect.any(String) as string,
        default: expect.anything() as unknown,
        nullable: false,
      });
    }
  });

  it("take their zones from the region", () => {
    expect(part(synthesized("shop", "eu-central-1"), "variable", "availability_zones")).toMatchObject({
      default: ["eu-central-1a", "eu-central-1b"],
    });
  });
});

describe("the outputs", () => {
  it("are those of the contract, none of them null", () => {
    const outputs = part(document, "output");
    expect(Object.keys(outputs).sort()).toEqual([...outputsSchema.keyof().options].sort());
    for (const output of Object.values(outputs)) {
      expect(output).toMatchObject({ value: expect.not.toBeOneOf([null, undefined]) as unknown });
    }
  });
});

describe("the document", () => {
  it("is the same for two synths and names no place of this machine", () => {
    const text = synthesizedText();
    expect(synthesizedText()).toBe(text);
    for (const place of [tmpdir(), process.cwd(), import.meta.dirname]) expect(text).not.toContain(place);
  });

  it("keeps the state beside the output directory", () => {
    expect(part(document, "terraform", "backend")).toEqual({
      local: { path: "../../../terraform.davidshaevel-dev.tfstate" },
    });
  });

  it("accepts the AWS provider of two majors", () => {
    expect(part(document, "terraform", "required_providers")).toEqual({
      aws: { source: "hashicorp/aws", version: ">= 5.100.0, < 7.0.0" },
    });
  });
});

describe("a configuration that AWS would refuse", () => {
  it.each(["", "Shop", "shop_1", "shop-", "my--shop", "a".repeat(31)])(
    "is refused: project %j",
    (project) => {
      expect(() => synthesized(project)).toThrow(expect.objectContaining({ code: "PROJECT_NAME_INVALID" }));
    },
  );

  it.each(["", "frankfurt", "us-east-1a"])("is refused: region %j", (region) => {
    expect(() => synthesized("shop", region)).toThrow(expect.objectContaining({ code: "REGION_INVALID" }));
  });
});
