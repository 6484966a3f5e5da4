/** AWS clients, built once and only when needed. Endpoint, profile and credentials follow the SDK's own conventions. */
import type { S3Client } from "@aws-sdk/client-s3";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { STSClient } from "@aws-sdk/client-sts";
import { readVariable, type Environment } from "../env.ts";

export interface AwsClients {
  readonly region: string;
  s3(): Promise<S3Client>;
  secretsManager(): Promise<SecretsManagerClient>;
  sts(): Promise<STSClient>;
}

/** Clients for the region of the environment. Modules load with the first use, so that `--help` does not wait for them. */
export function createAwsClients(environment: Environment): AwsClients {
  const region = readVariable(environment, "AWS_REGION") ?? "";
  const common = {
    region,
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 5000, requestTimeout: 60_000 },
  };
  const emulated =
    environment.AWS_ENDPOINT_URL !== undefined || environment.AWS_ENDPOINT_URL_S3 !== undefined;
  return {
    region,
    s3: once(async () => {
      const { S3Client } = await import("@aws-sdk/client-s3");
      // An emulator has no DNS name for each bucket.
      return new S3Client({ ...common, forcePathStyle: emulated });
    }),
    secretsManager: once(async () => {
      const { SecretsManagerClient } = await import("@aws-sdk/client-secrets-manager");
      return new SecretsManagerClient(common);
    }),
    sts: once(async () => {
      const { STSClient } = await import("@aws-sdk/client-sts");
      return new STSClient(common);
    }),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
