/** Clients with which tests create resources in the emulator. They ignore the variables of the process. */
import { ACMClient } from "@aws-sdk/client-acm";
import { CloudFrontClient } from "@aws-sdk/client-cloudfront";
import { EC2Client } from "@aws-sdk/client-ec2";
import { ECRClient } from "@aws-sdk/client-ecr";
import { ECSClient } from "@aws-sdk/client-ecs";
import { EFSClient } from "@aws-sdk/client-efs";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { IAMClient } from "@aws-sdk/client-iam";
import { RDSClient } from "@aws-sdk/client-rds";
import { S3Client } from "@aws-sdk/client-s3";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { ServiceDiscoveryClient } from "@aws-sdk/client-servicediscovery";
import { defaultRegion } from "@pilot-light/core/contract";

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

const anybody: Credentials = { accessKeyId: "testing", secretAccessKey: "testing" };

/** The variables with which a command uses the emulator. */
export function awsEnvironment(endpoint: string, credentials = anybody): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: defaultRegion,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

export type SetupClients = ReturnType<typeof setupClients>;

export function setupClients(endpoint: string) {
  const options = { endpoint, region: defaultRegion, credentials: anybody };
  return {
    acm: new ACMClient(options),
    cloudFront: new CloudFrontClient(options),
    ec2: new EC2Client(options),
    ecr: new ECRClient(options),
    ecs: new ECSClient(options),
    efs: new EFSClient(options),
    iam: new IAMClient(options),
    loadBalancing: new ElasticLoadBalancingV2Client(options),
    rds: new RDSClient(options),
    s3: new S3Client({ ...options, forcePathStyle: true }),
    secretsManager: new SecretsManagerClient(options),
    serviceDiscovery: new ServiceDiscoveryClient(options),
  };
}
