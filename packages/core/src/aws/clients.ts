/** AWS clients, created only when needed. Endpoint, profile and credentials follow the SDK's conventions. */
import type { ACMClient } from "@aws-sdk/client-acm";
import type { CloudFrontClient } from "@aws-sdk/client-cloudfront";
import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import type { EC2Client } from "@aws-sdk/client-ec2";
import type { ECRClient } from "@aws-sdk/client-ecr";
import type { ECSClient } from "@aws-sdk/client-ecs";
import type { EFSClient } from "@aws-sdk/client-efs";
import type { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { IAMClient } from "@aws-sdk/client-iam";
import type { RDSClient } from "@aws-sdk/client-rds";
import type { S3Client } from "@aws-sdk/client-s3";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import type { ServiceDiscoveryClient } from "@aws-sdk/client-servicediscovery";
import type { SSMClient } from "@aws-sdk/client-ssm";
import type { STSClient } from "@aws-sdk/client-sts";
import type { Environment } from "../config/env.ts";
import { readStallLimit } from "../config/stall-limit.ts";
import { readRegion } from "./region.ts";
import { sdk } from "./sdk.ts";

export interface AwsClients {
  readonly region: string;
  /** @param region default: the region of the environment */
  acm(region?: string): Promise<ACMClient>;
  cloudFront(): Promise<CloudFrontClient>;
  cloudWatch(): Promise<CloudWatchClient>;
  ec2(): Promise<EC2Client>;
  ecr(): Promise<ECRClient>;
  ecs(): Promise<ECSClient>;
  efs(): Promise<EFSClient>;
  iam(): Promise<IAMClient>;
  loadBalancing(): Promise<ElasticLoadBalancingV2Client>;
  logs(): Promise<CloudWatchLogsClient>;
  rds(): Promise<RDSClient>;
  s3(): Promise<S3Client>;
  secretsManager(): Promise<SecretsManagerClient>;
  serviceQuotas(): Promise<ServiceQuotasClient>;
  serviceDiscovery(): Promise<ServiceDiscoveryClient>;
  ssm(): Promise<SSMClient>;
  sts(): Promise<STSClient>;
}

/** One call that was answered, as the SDK names it: `ECSClient`, `DescribeServicesCommand`. */
export interface AwsCall {
  client: string;
  command: string;
}

/** For `--verbose`: `ECSClient DescribeServices`. */
function describeCall({ client, command }: AwsCall): string {
  return `${client} ${command.replace(/Command$/, "")}`;
}

export interface AwsClientOptions {
  /** Called after each call, with its error or without. */
  onCall?: (call: AwsCall) => void;
}

const ofCommand = new WeakMap<Environment, AwsClients>();

/**
 * The clients of a command, which all of its parts share: connections, credentials and the identity are looked up once.
 * @param environment of the command
 * @param log gets a line for each call that was answered, such as `ECSClient DescribeServices`. The first `log` gets all lines
 * @throws OpsError AWS_REGION_INVALID (configuration)
 */
export function commandAwsClients(environment: Environment, log: (line: string) => void): AwsClients {
  const known = ofCommand.get(environment);
  if (known !== undefined) return known;
  const created = createAwsClients(environment, { onCall: (call) => log(describeCall(call)) });
  ofCommand.set(environment, created);
  return created;
}

/**
 * Clients for the region of the environment. Modules load with the first use, so that `--help` does not wait for them.
 * @throws OpsError AWS_REGION_INVALID (configuration)
 */
export function createAwsClients(environment: Environment, { onCall }: AwsClientOptions = {}): AwsClients {
  const region = readRegion(environment);
  const common = {
    region,
    maxAttempts: 3,
    // `socketTimeout` limits inactivity: a slow transfer continues. After `requestTimeout`, the SDK only prints a warning.
    requestHandler: { connectionTimeout: 5000, socketTimeout: Math.min(60_000, readStallLimit(environment)) },
    ...(onCall === undefined ? {} : { logger: callLogger(onCall) }),
  };
  const emulated =
    environment.AWS_ENDPOINT_URL !== undefined || environment.AWS_ENDPOINT_URL_S3 !== undefined;
  return {
    region,
    acm: onceEach(region, (of) => new (sdk.acm().ACMClient)({ ...common, region: of })),
    cloudFront: once(() => new (sdk.cloudFront().CloudFrontClient)(common)),
    cloudWatch: once(() => new (sdk.cloudWatch().CloudWatchClient)(common)),
    ec2: once(() => new (sdk.ec2().EC2Client)(common)),
    ecr: once(() => new (sdk.ecr().ECRClient)(common)),
    ecs: once(() => new (sdk.ecs().ECSClient)(common)),
    efs: once(() => new (sdk.efs().EFSClient)(common)),
    iam: once(() => new (sdk.iam().IAMClient)(common)),
    loadBalancing: once(() => new (sdk.loadBalancing().ElasticLoadBalancingV2Client)(common)),
    logs: once(() => new (sdk.logs().CloudWatchLogsClient)(common)),
    rds: once(() => new (sdk.rds().RDSClient)(common)),
    // An emulator has no DNS name for each bucket.
    s3: once(() => new (sdk.s3().S3Client)({ ...common, forcePathStyle: emulated })),
    secretsManager: once(() => new (sdk.secretsManager().SecretsManagerClient)(common)),
    serviceQuotas: once(() => new (sdk.serviceQuotas().ServiceQuotasClient)(common)),
    serviceDiscovery: once(() => new (sdk.serviceDiscovery().ServiceDiscoveryClient)(common)),
    ssm: once(() => new (sdk.ssm().SSMClient)(common)),
    sts: once(() => new (sdk.sts().STSClient)(common)),
  };
}

/** The SDK passes each call to its logger, with input and output; only the name is used. */
function callLogger(onCall: (call: AwsCall) => void) {
  const note = (entry: unknown) => {
    if (typeof entry !== "object" || entry === null) return;
    if (!("clientName" in entry && "commandName" in entry)) return;
    onCall({ client: String(entry.clientName), command: String(entry.commandName) });
  };
  const ignore = () => undefined;
  return { trace: ignore, debug: ignore, warn: ignore, info: note, error: note };
}

/** `once` for each region. */
function onceEach<T>(usual: string, make: (region: string) => T): (region?: string) => Promise<T> {
  const made = new Map<string, () => Promise<T>>();
  return (region = usual) => {
    const client = made.get(region) ?? once(() => make(region));
    made.set(region, client);
    return client();
  };
}

/** Loading a module takes time, and may fail: the failure becomes a rejection. */
function once<T>(make: () => T): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= Promise.resolve().then(make));
}
