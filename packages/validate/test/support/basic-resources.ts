/** Creates the resources of both modes in the emulator. */
import { CreateVpcCommand } from "@aws-sdk/client-ec2";
import { CreateRepositoryCommand, PutImageCommand } from "@aws-sdk/client-ecr";
import {
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
} from "@aws-sdk/client-s3";
import type { SetupClients } from "./emulator.ts";

export const imageTag = "abc123";

export async function createVpc(aws: SetupClients): Promise<string> {
  const { Vpc } = await aws.ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }));
  return Vpc?.VpcId ?? "";
}

/** Creates repositories with one image each. */
export async function createRepositories(aws: SetupClients, names: readonly string[]): Promise<void> {
  for (const repositoryName of names) {
    await aws.ecr.send(new CreateRepositoryCommand({ repositoryName, imageTagMutability: "IMMUTABLE" }));
    await aws.ecr.send(
      new PutImageCommand({
        repositoryName,
        imageTag,
        imageManifest: JSON.stringify({
          schemaVersion: 2,
          mediaType: "application/vnd.docker.distribution.manifest.v2+json",
          config: {
            mediaType: "application/vnd.docker.container.image.v1+json",
            size: 1,
            digest: `sha256:${"0".repeat(64)}`,
          },
          layers: [],
        }),
      }),
    );
  }
}

/** Configures the bucket as infra defines it. */
export async function secureBucket(aws: SetupClients, bucket: string): Promise<void> {
  await aws.s3.send(
    new PutPublicAccessBlockCommand({
      Bucket: bucket,
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    }),
  );
  await aws.s3.send(
    new PutBucketEncryptionCommand({
      Bucket: bucket,
      ServerSideEncryptionConfiguration: {
        Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
      },
    }),
  );
  await expireDumps(aws, bucket, { days: 30 });
}

export async function expireDumps(
  aws: SetupClients,
  bucket: string,
  { days, prefix = "", enabled = true }: { days: number; prefix?: string; enabled?: boolean },
): Promise<void> {
  await aws.s3.send(
    new PutBucketLifecycleConfigurationCommand({
      Bucket: bucket,
      LifecycleConfiguration: {
        Rules: [
          {
            ID: "expire-old-dumps",
            Status: enabled ? "Enabled" : "Disabled",
            Filter: { Prefix: prefix },
            Expiration: { Days: days },
          },
        ],
      },
    }),
  );
}

/** Stores a dump and, with `complete`, its manifest. */
export async function storeDump(aws: SetupClients, bucket: string, { complete = true } = {}): Promise<void> {
  const key = `neon-dumps/2026-11-22T09-30-00.dump`;
  await aws.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: "dump" }));
  if (!complete) return;
  const manifest = key.replace(".dump", ".manifest.json");
  await aws.s3.send(new PutObjectCommand({ Bucket: bucket, Key: manifest, Body: "{}" }));
}
