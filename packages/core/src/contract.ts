/** What infra promises and what the tools read: resource names and the Terraform outputs. The one place for both. */
import { z } from "zod";

export const environmentName = "dev";

/** `project` as AWS accepts it in every name below: at most 30 lower-case letters, digits, single hyphens; starts with a letter. */
export const projectNamePattern = /^(?!.*--)[a-z](?:[a-z0-9-]{0,28}[a-z0-9])?$/;

export const defaultProjectName = "davidshaevel";
export const defaultRegion = "us-east-1";

/** Names of the environment's resources, derived from the project name. Two orders coexist for historical reasons. */
export interface ResourceNames {
  /** Terraform stack and the key of the outputs document. */
  stack: string;
  /** Prefix of VPC, ECS, ALB and role names. */
  prefix: string;
  backupsBucket: string;
  databaseInstance: string;
  ecrRepositories: { backend: string; frontend: string; grafana: string };
  serviceDiscoveryNamespace: string;
}

/** Resource names for a project. */
export function resourceNames(project: string): ResourceNames {
  return {
    stack: `${project}-${environmentName}`,
    prefix: `${environmentName}-${project}`,
    backupsBucket: `${project}-${environmentName}-db-backups`,
    databaseInstance: `${project}-${environmentName}-db`,
    ecrRepositories: {
      backend: `${project}/backend`,
      frontend: `${project}/frontend`,
      grafana: `${project}/grafana`,
    },
    serviceDiscoveryNamespace: `${project}.local`,
  };
}

const text = z.string();
const port = z.number().int().min(0).max(65535);

/**
 * Every Terraform output the tools read, with its type. None is ever null (`cdktf deploy` 0.21 exits 1 after a
 * successful apply when one is): what does not exist in a mode is `""`, `0` or `false`.
 */
export const outputsSchema = z.object({
  /** `host:port` of the RDS instance, "" while there is none. */
  database_endpoint: text.regex(/^$|^[^:\s]+:\d{1,5}$/, "must be host:port"),
  database_port: port,
  database_name: text,
  /** Secrets Manager secret with `username` and `password`. */
  database_secret_arn: text,
  dev_activated: z.boolean(),
  vpc_id: text,
  ecs_cluster_name: text,
  frontend_service_name: text,
  backend_service_name: text,
  grafana_service_name: text,
  alb_dns_name: text,
  cloudfront_distribution_id: text,
  db_backups_bucket_name: text,
  db_backups_bucket_arn: text,
});

/** The Terraform outputs, parsed. */
export type Outputs = z.infer<typeof outputsSchema>;
export type OutputName = keyof Outputs;

/** The master user's secret as RDS writes it: username and password only; host and port come from the outputs. */
export const databaseSecretSchema = z.object({
  username: z.string().min(1),
  password: z.string().min(1),
});
export type DatabaseSecret = z.infer<typeof databaseSecretSchema>;
