/** Each rule fails a synthesis that breaks it, and accepts one that follows it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DbInstance } from "@cdktf/provider-aws/lib/db-instance/index.js";
import { DefaultSecurityGroup } from "@cdktf/provider-aws/lib/default-security-group/index.js";
import { EcrRepository } from "@cdktf/provider-aws/lib/ecr-repository/index.js";
import { EfsFileSystem } from "@cdktf/provider-aws/lib/efs-file-system/index.js";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block/index.js";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration/index.js";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket/index.js";
import { SecurityGroupRule } from "@cdktf/provider-aws/lib/security-group-rule/index.js";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js";
import { App, TerraformStack } from "cdktf";
import { describe, expect, it } from "vitest";
import { applyRules } from "./rules.ts";

const tags = { Project: "shop", Environment: "dev", ManagedBy: "terraform" };
const database = { instanceClass: "db.t3.micro", storageEncrypted: true, publiclyAccessible: false };
const encryptionConfiguration = [{ encryptionType: "AES256" }];
const http = { securityGroupId: "sg-1", cidrIpv4: "0.0.0.0/0", ipProtocol: "tcp", fromPort: 80, toPort: 80 };
const blocks = {
  blockPublicAcls: true,
  blockPublicPolicy: true,
  ignorePublicAcls: true,
  restrictPublicBuckets: true,
};

/** Synthesizes a stack with what `build` adds. */
function synthesize(
  build: (stack: TerraformStack) => unknown,
  defaultTags: Record<string, string> = tags,
): void {
  const outdir = mkdtempSync(join(tmpdir(), "infra-rules-"));
  try {
    const app = new App({ stackTraces: false, outdir });
    const stack = new TerraformStack(app, "rules");
    new AwsProvider(stack, "aws", { defaultTags: [{ tags: defaultTags }] });
    build(stack);
    applyRules(stack);
    app.synth();
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

/** A bucket with its settings, except those that a test leaves out. */
function bucket(stack: TerraformStack, { encrypted = true, blocked = true, block = blocks } = {}): void {
  const { id } = new S3Bucket(stack, "bucket", { bucket: "shop" });
  if (encrypted) {
    new S3BucketServerSideEncryptionConfigurationA(stack, "encryption", {
      bucket: id,
      rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    });
  }
  if (blocked) new S3BucketPublicAccessBlock(stack, "block", { bucket: id, ...block });
}

describe("the rules", () => {
  it("accept a stack that follows them", () => {
    const good = (stack: TerraformStack) => {
      bucket(stack);
      new DbInstance(stack, "database", database);
      new EfsFileSystem(stack, "files", { encrypted: true, tags: { Name: "files" } });
      new EcrRepository(stack, "images", { name: "shop", encryptionConfiguration });
      new VpcSecurityGroupIngressRule(stack, "inside", { ...http, cidrIpv4: "10.0.0.0/16", fromPort: 5432 });
      const prefixListId = "pl-1";
      const { securityGroupId, ipProtocol, fromPort, toPort } = http;
      const fromList = { securityGroupId, ipProtocol, fromPort, toPort, prefixListId };
      new VpcSecurityGroupIngressRule(stack, "http", fromList);
      new DefaultSecurityGroup(stack, "default", { vpcId: "vpc-1" });
    };
    expect(() => synthesize(good)).not.toThrow();
  });

  it.each([
    [
      "a database with a public address",
      { ...database, publiclyAccessible: true },
      "publiclyAccessible: false",
    ],
    [
      "a database that does not state it",
      { instanceClass: "a", storageEncrypted: true },
      "publiclyAccessible",
    ],
    ["a database without encryption", { ...database, storageEncrypted: false }, "Encryption at rest"],
  ])("refuse %s", (_, config, message) => {
    expect(() => synthesize((stack) => new DbInstance(stack, "database", config))).toThrow(message);
  });

  it("refuse files, images and objects without encryption", () => {
    const message = "Encryption at rest";
    expect(() => synthesize((stack) => new EfsFileSystem(stack, "files", {}))).toThrow(message);
    expect(() => synthesize((stack) => new EcrRepository(stack, "images", { name: "a" }))).toThrow(message);
    expect(() => synthesize((stack) => bucket(stack, { encrypted: false }))).toThrow(message);
  });

  it("refuse a bucket that does not block public access, and one that lacks one of the four settings", () => {
    expect(() => synthesize((stack) => bucket(stack, { blocked: false }))).toThrow("all four settings");
    const block = { ...blocks, restrictPublicBuckets: false };
    expect(() => synthesize((stack) => bucket(stack, { block }))).toThrow("all four settings");
  });

  it("ignore the settings of another bucket", () => {
    const two = (stack: TerraformStack) => {
      bucket(stack);
      new S3Bucket(stack, "other", { bucket: "other" });
    };
    expect(() => synthesize(two)).toThrow("[rules/other]");
  });

  it.each([
    ["IPv4", { ...http, fromPort: 5432, toPort: 5432 }],
    ["IPv6", { securityGroupId: "sg-1", cidrIpv6: "::/0", ipProtocol: "tcp", fromPort: 80, toPort: 80 }],
  ])("refuse ingress from everywhere over %s", (_, rule) => {
    const add = (stack: TerraformStack) => new VpcSecurityGroupIngressRule(stack, "open", rule);
    expect(() => synthesize(add)).toThrow("No security group may accept ingress from everywhere");
  });

  it("refuse the older ways to write ingress", () => {
    const inline = { ingress: [{ cidrBlocks: ["0.0.0.0/0"], fromPort: 1, toPort: 1, protocol: "tcp" }] };
    const rule = { type: "ingress", securityGroupId: "sg-1", fromPort: 1, toPort: 1, protocol: "tcp" };
    const message = "aws_vpc_security_group_ingress_rule";
    expect(() => synthesize((stack) => new SecurityGroup(stack, "group", inline))).toThrow(message);
    expect(() => synthesize((stack) => new SecurityGroupRule(stack, "rule", rule))).toThrow(message);
  });

  it("refuse a provider without a required tag, and a resource that changes one", () => {
    const nothing = () => undefined;
    const without = { Environment: "dev", ManagedBy: "terraform" };
    expect(() => synthesize(nothing, without)).toThrow("Required tag Project");
    const retag = { encrypted: true, tags: { Project: "other" } };
    expect(() => synthesize((stack) => new EfsFileSystem(stack, "files", retag))).toThrow("Tag Project");
  });
});
