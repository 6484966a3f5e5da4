/** All checks, in the order in which their results are shown. An additional check stands after the check of the same resource. */
import type { Check } from "./check.ts";
import { albHealth } from "./checks/alb-health.ts";
import { awsCredentials } from "./checks/aws-credentials.ts";
import { backupsBucket } from "./checks/backups-bucket.ts";
import { certificate } from "./checks/certificate.ts";
import { cloudfront } from "./checks/cloudfront.ts";
import { data } from "./checks/data.ts";
import { databases } from "./checks/databases.ts";
import { deployedImages } from "./checks/deployed-images.ts";
import { drift } from "./checks/drift.ts";
import { ecrRepositories } from "./checks/ecr-repositories.ts";
import { ecsCluster } from "./checks/ecs-cluster.ts";
import { ecsServices } from "./checks/ecs-services.ts";
import { leftovers } from "./checks/leftovers.ts";
import { newestDump } from "./checks/newest-dump.ts";
import { rdsInstance } from "./checks/rds-instance.ts";
import { serviceDiscovery } from "./checks/service-discovery.ts";
import { targetHealth } from "./checks/target-health.ts";
import { taskSecrets } from "./checks/task-secrets.ts";
import { terraformOutputs } from "./checks/terraform-outputs.ts";
import { vpc } from "./checks/vpc.ts";

/** Every check stands after the checks that it needs. */
export const registry: readonly Check[] = [
  awsCredentials,
  terraformOutputs,
  ecrRepositories,
  backupsBucket,
  newestDump,
  rdsInstance,
  databases,
  data,
  vpc,
  leftovers,
  ecsCluster,
  ecsServices,
  deployedImages,
  taskSecrets,
  targetHealth,
  certificate,
  albHealth,
  cloudfront,
  serviceDiscovery,
  drift,
];

/** Ids of the checks that every other check needs. */
export const essentialIds: ReadonlySet<string> = new Set(
  registry.filter((check) => check.essential === true).map(({ id }) => id),
);
