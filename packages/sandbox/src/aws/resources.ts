/** Creates the AWS resources that a sync needs in the emulator: the backups bucket, the database secret, the RDS instance. */
import type { DatabaseSecret } from "@pilot-light/core/contract";
import { defaultRegion, resourceNames } from "@pilot-light/core/contract";

/** The emulator accepts any credentials. Nobody can mistake these for real ones. */
export const emulatorCredentials = { accessKeyId: "testing", secretAccessKey: "testing" } as const;

/** Options with which an SDK client uses the emulator. */
export function clientOptions(endpoint: string, region: string = defaultRegion) {
  return { endpoint, region, credentials: emulatorCredentials, forcePathStyle: true };
}

/** Creates the backups bucket of a project. */
export async function createBucket(endpoint: string, bucket: string): Promise<void> {
  const { CreateBucketCommand, S3Client } = await import("@aws-sdk/client-s3");
  await new S3Client(clientOptions(endpoint)).send(new CreateBucketCommand({ Bucket: bucket }));
}

/** Gives a bucket the same versioning and lifecycle rule as the backups bucket that infra deploys. */
export async function protectBucket(endpoint: string, bucket: string): Promise<void> {
  const s3 = await import("@aws-sdk/client-s3");
  const client = new s3.S3Client(clientOptions(endpoint));
  const VersioningConfiguration = { Status: "Enabled" } as const;
  await client.send(new s3.PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
  const rule = {
    ID: "expire-old-dumps",
    Status: "Enabled",
    Filter: { Prefix: "" },
    Expiration: { Days: 30 },
    NoncurrentVersionExpiration: { NoncurrentDays: 7 },
  } as const;
  const LifecycleConfiguration = { Rules: [rule] };
  await client.send(
    new s3.PutBucketLifecycleConfigurationCommand({ Bucket: bucket, LifecycleConfiguration }),
  );
}

/** Deletes a bucket with its objects, their versions and its unfinished uploads. */
export async function removeBucket(endpoint: string, bucket: string): Promise<void> {
  const s3 = await import("@aws-sdk/client-s3");
  const client = new s3.S3Client(clientOptions(endpoint));
  for (;;) {
    const page = await client.send(new s3.ListObjectVersionsCommand({ Bucket: bucket }));
    const objects = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
    if (objects.length === 0) break;
    for (const { Key, VersionId } of objects) {
      await client.send(new s3.DeleteObjectCommand({ Bucket: bucket, Key, VersionId }));
    }
  }
  const uploads = await client.send(new s3.ListMultipartUploadsCommand({ Bucket: bucket }));
  for (const { Key, UploadId } of uploads.Uploads ?? []) {
    await client.send(new s3.AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
  }
  await client.send(new s3.DeleteBucketCommand({ Bucket: bucket }));
}

/** Creates the master user's secret as RDS does; returns its ARN. */
export async function createSecret(
  endpoint: string,
  project: string,
  secret: DatabaseSecret,
): Promise<string> {
  const { CreateSecretCommand, SecretsManagerClient } = await import("@aws-sdk/client-secrets-manager");
  const created = await new SecretsManagerClient(clientOptions(endpoint)).send(
    new CreateSecretCommand({
      Name: `rds!db-${resourceNames(project).databaseInstance}`,
      SecretString: JSON.stringify(secret),
    }),
  );
  if (created.ARN === undefined) throw new Error("The emulator created a secret without an ARN.");
  return created.ARN;
}

/** Deletes a secret at once, without a recovery window. */
export async function removeSecret(endpoint: string, arn: string): Promise<void> {
  const { DeleteSecretCommand, SecretsManagerClient } = await import("@aws-sdk/client-secrets-manager");
  await new SecretsManagerClient(clientOptions(endpoint)).send(
    new DeleteSecretCommand({ SecretId: arn, ForceDeleteWithoutRecovery: true }),
  );
}

/** Creates the project's RDS instance in the emulator. It has no server: its database is on the sandbox's own server. */
export async function createDatabaseInstance(
  endpoint: string,
  project: string,
  database: { name: string; masterUser: string; major: number },
): Promise<void> {
  const { CreateDBInstanceCommand, RDSClient } = await import("@aws-sdk/client-rds");
  await new RDSClient(clientOptions(endpoint)).send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier: resourceNames(project).databaseInstance,
      DBInstanceClass: "db.t3.micro",
      Engine: "postgres",
      EngineVersion: String(database.major),
      DBName: database.name,
      MasterUsername: database.masterUser,
      MasterUserPassword: "kept-in-the-secret",
      AllocatedStorage: 20,
      StorageEncrypted: true,
      PubliclyAccessible: false,
    }),
  );
}
