/** AWS clients, built once and only when needed. Endpoint, profile and credentials follow the SDK's own conventions. */
import type { ACMClient } from "@aws-sdk/client-acm";
import type { CloudFrontClient } from "@aws-sdk/client-cloudfront";
import type { EC2Client } from "@aws-sdk/client-ec2";
import type { ECRClient } from "@aws-sdk/client-ecr";
import type { ECSClient } from "@aws-sdk/client-ecs";
import type { EFSClient } from "@aws-sdk/client-efs";
import type { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { RDSClient } from "@aws-sdk/client-rds";
import type { S3Client } from "@aws-sdk/client-s3";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { ServiceDiscoveryClient } from "@aws-sdk/client-servicediscovery";
import type { STSClient } from "@aws-sdk/client-sts";
import { readVariable, type Environment } from "../env.ts";
import { sdk } from "./sdk.ts";

export interface AwsClients {
  readonly region: string;
  acm(): Promise<ACMClient>;
  cloudFront(): Promise<CloudFrontClient>;
  ec2(): Promise<EC2Client>;
  ecr(): Promise<ECRClient>;
  ecs(): Promise<ECSClient>;
  efs(): Promise<EFSClient>;
  loadBalancing(): Promise<ElasticLoadBalancingV2Client>;
  rds(): Promise<RDSClient>;
  s3(): Promise<S3Client>;
  secretsManager(): Promise<SecretsManagerClient>;
  serviceDiscovery(): Promise<ServiceDiscoveryClient>;
  sts(): Promise<STSClient>;
}

/** One call that was answered, as the SDK names it: `ECSClient`, `DescribeServicesCommand`. */
export interface AwsCall {
  client: string;
  command: string;
}

export interface AwsClientOptions {
  /** Called after each call, with its error or without. */
  onCall?: (call: AwsCall) => void;
}

/** Clients for the region of the environment. Modules load with the first use, so that `--help` does not wait for them. */
export function createAwsClients(environment: Environment, { onCall }: AwsClientOptions = {}): AwsClients {
  const region = readVariable(environment, "AWS_REGION") ?? "";
  const common = {
    region,
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 5000, requestTimeout: 60_000 },
    ...(onCall === undefined ? {} : { logger: callLogger(onCall) }),
  };
  const emulated =
    environment.AWS_ENDPOINT_URL !== undefined || environment.AWS_ENDPOINT_URL_S3 !== undefined;
  return {
    region,
    acm: once(async () => new sdk.acm().ACMClient(common)),
    cloudFront: once(async () => new sdk.cloudFront().CloudFrontClient(common)),
    ec2: once(async () => new sdk.ec2().EC2Client(common)),
    ecr: once(async () => new sdk.ecr().ECRClient(common)),
    ecs: once(async () => new sdk.ecs().ECSClient(common)),
    efs: once(async () => new sdk.efs().EFSClient(common)),
    loadBalancing: once(async () => {
      const { ElasticLoadBalancingV2Client } = sdk.loadBalancing();
      return new ElasticLoadBalancingV2Client(common);
    }),
    rds: once(async () => new sdk.rds().RDSClient(common)),
    s3: once(async () => {
      const { S3Client } = sdk.s3();
      // An emulator has no DNS name for each bucket.
      return new S3Client({ ...common, forcePathStyle: emulated });
    }),
    secretsManager: once(async () => {
      const { SecretsManagerClient } = sdk.secretsManager();
      return new SecretsManagerClient(common);
    }),
    serviceDiscovery: once(async () => {
      const { ServiceDiscoveryClient } = sdk.serviceDiscovery();
      return new ServiceDiscoveryClient(common);
    }),
    sts: once(async () => new sdk.sts().STSClient(common)),
  };
}

/** The SDK tells its logger of each call, with input and output: only the name is taken on. */
function callLogger(onCall: (call: AwsCall) => void) {
  const note = (entry: unknown) => {
    if (typeof entry !== "object" || entry === null) return;
    if (!("clientName" in entry && "commandName" in entry)) return;
    onCall({ client: String(entry.clientName), command: String(entry.commandName) });
  };
  const ignore = () => undefined;
  return { trace: ignore, debug: ignore, warn: ignore, info: note, error: note };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
