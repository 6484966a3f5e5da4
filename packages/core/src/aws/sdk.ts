/**
 * The AWS SDK's modules, loaded on first use. By `require` and not `import()`: they are CommonJS, and an ESM import reads each
 * of them twice more to detect its format and its exports, which takes 0.3 s for a dozen modules.
 */
import { createRequire } from "node:module";
import type * as acm from "@aws-sdk/client-acm";
import type * as cloudFront from "@aws-sdk/client-cloudfront";
import type * as cloudWatch from "@aws-sdk/client-cloudwatch";
import type * as logs from "@aws-sdk/client-cloudwatch-logs";
import type * as ec2 from "@aws-sdk/client-ec2";
import type * as ecr from "@aws-sdk/client-ecr";
import type * as ecs from "@aws-sdk/client-ecs";
import type * as efs from "@aws-sdk/client-efs";
import type * as iam from "@aws-sdk/client-iam";
import type * as loadBalancing from "@aws-sdk/client-elastic-load-balancing-v2";
import type * as rds from "@aws-sdk/client-rds";
import type * as rdsSigner from "@aws-sdk/rds-signer";
import type * as s3 from "@aws-sdk/client-s3";
import type * as secretsManager from "@aws-sdk/client-secrets-manager";
import type * as serviceQuotas from "@aws-sdk/client-service-quotas";
import type * as serviceDiscovery from "@aws-sdk/client-servicediscovery";
import type * as ssm from "@aws-sdk/client-ssm";
import type * as sts from "@aws-sdk/client-sts";

const require = createRequire(import.meta.url);

export const sdk = {
  acm: () => require("@aws-sdk/client-acm") as typeof acm,
  cloudFront: () => require("@aws-sdk/client-cloudfront") as typeof cloudFront,
  ec2: () => require("@aws-sdk/client-ec2") as typeof ec2,
  ecr: () => require("@aws-sdk/client-ecr") as typeof ecr,
  ecs: () => require("@aws-sdk/client-ecs") as typeof ecs,
  efs: () => require("@aws-sdk/client-efs") as typeof efs,
  iam: () => require("@aws-sdk/client-iam") as typeof iam,
  loadBalancing: () => require("@aws-sdk/client-elastic-load-balancing-v2") as typeof loadBalancing,
  cloudWatch: () => require("@aws-sdk/client-cloudwatch") as typeof cloudWatch,
  logs: () => require("@aws-sdk/client-cloudwatch-logs") as typeof logs,
  rds: () => require("@aws-sdk/client-rds") as typeof rds,
  rdsSigner: () => require("@aws-sdk/rds-signer") as typeof rdsSigner,
  s3: () => require("@aws-sdk/client-s3") as typeof s3,
  secretsManager: () => require("@aws-sdk/client-secrets-manager") as typeof secretsManager,
  serviceQuotas: () => require("@aws-sdk/client-service-quotas") as typeof serviceQuotas,
  serviceDiscovery: () => require("@aws-sdk/client-servicediscovery") as typeof serviceDiscovery,
  ssm: () => require("@aws-sdk/client-ssm") as typeof ssm,
  sts: () => require("@aws-sdk/client-sts") as typeof sts,
};
