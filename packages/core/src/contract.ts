/** What infra promises and what the tools read: resource names and the Terraform outputs. The one place for both. */
import { z } from "zod";

export const environmentName = "dev";

/** `project` as AWS accepts it in every name below: at most 30 lowercase letters, digits, single hyphens; starts with a letter. */
export const projectNamePattern = /^(?!.*--)[a-z](?:[a-z0-9-]{0,28}[a-z0-9])?$/;

/** `us-east-1`, `us-gov-west-1`, `eusc-de-east-1`: the form of an AWS region's name. */
export const regionPattern = /^[a-z]{2,4}(?:-[a-z]+)+-\d$/;

export const defaultProjectName = "davidshaevel";
export const defaultRegion = "us-east-1";
/** The region of CloudFront's certificates, in whichever region the other resources are. */
export const cdnRegion = "us-east-1";

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
  /** Start of the names of snapshots that are taken before a deactivation removes the database. */
  databaseSnapshotPrefix: string;
  /** Start of the names of the final snapshots that RDS creates when Terraform deletes the database. */
  finalSnapshotPrefix: string;
  /** CPU profiles and heap snapshots of the backend. */
  profilingBucket: string;
  /** What syncs inside AWS use: their image, their log, and the secret with the connection URL of Neon. */
  syncRepository: string;
  syncLogGroup: string;
  neonSecret: string;
}

/** Resource names for a project. */
export function resourceNames(project: string): ResourceNames {
  return {
    stack: `${project}-${environmentName}`,
    prefix: `${environmentName}-${project}`,
    backupsBucket: `${project}-${environmentName}-db-backups`,
    databaseInstance: `${project}-${environmentName}-db`,
    databaseSnapshotPrefix: `${project}-${environmentName}-db-pre-deactivation-`,
    finalSnapshotPrefix: `${project}-${environmentName}-db-final-`,
    ecrRepositories: {
      backend: `${project}/backend`,
      frontend: `${project}/frontend`,
      grafana: `${project}/grafana`,
    },
    serviceDiscoveryNamespace: `${project}.local`,
    profilingBucket: `${environmentName}-${project}-profiling-artifacts`,
    syncRepository: `${project}/sync`,
    syncLogGroup: `/ecs/${environmentName}-${project}/sync`,
    neonSecret: `${environmentName}-${project}-neon-url`,
  };
}

/** The ECS cluster's name, whether the cluster exists or not. */
export function clusterName(prefix: string): string {
  return `${prefix}-cluster`;
}

/** Name of the rule and the automation that start new tasks of the backend when one of its secrets changes. */
export function secretRestartName(prefix: string): string {
  return `${prefix}-secret-restart`;
}

/** Name of the cluster, the task definition and the security group through which Systems Manager reaches the database. */
export function databaseAccessName(prefix: string): string {
  return `${prefix}-database-access`;
}

/** Name of the task definition, the security group, the image repository and the log group of syncs inside AWS. */
export function syncTaskName(prefix: string): string {
  return `${prefix}-sync`;
}

/** Name of the container of such a task, and the start of the names of its log streams. */
export const syncContainer = "sync";

/** Its entry point; the arguments are its command. With `task`, stdout and stderr are one stream: the log keeps their order. */
export const syncEntryPoint = ["pilot-light", "task", "sync"] as const;

/** Its environment, in addition to the secret NEON_DATABASE_URL and to what a command adds. */
export function syncEnvironment(project: string, region: string): Readonly<Record<string, string>> {
  return { AWS_REGION: region, PROJECT_NAME: project, PILOT_LIGHT_VIA: "direct", CI: "true" };
}

/** Name of a service in the cluster. */
export function serviceName(prefix: string, service: string): string {
  return `${prefix}-${service}`;
}

/** The Terraform variable with the image of each service whose image is in a repository of the environment. */
export const imageVariables = {
  backend: "backend_container_image",
  frontend: "frontend_container_image",
  grafana: "grafana_image",
} as const satisfies Record<keyof ResourceNames["ecrRepositories"], string>;

/** Version of the outputs below; raised when one of them is removed or changes its meaning. */
export const outputsVersion = 1;

const text = z.string();
const port = z.number().int().min(0).max(65535);

/**
 * Every Terraform output, with its type. None is ever null (`cdktf deploy` 0.21 exits 1 after a successful apply when
 * one is): what does not exist in a mode is `""`, `0`, `false` or an empty list.
 */
export const outputsSchema = z.object({
  schema_version: z.number().int(),
  dev_activated: z.boolean(),
  environment: text,
  aws_region: text,
  project_name: text,
  /** Prefix of VPC, ECS, ALB and role names. */
  resource_prefix: text,
  vpc_id: text,

  /** `host:port` of the RDS instance, "" while there is no instance. */
  database_endpoint: text.regex(/^$|^[^:\s]+:\d{1,5}$/, "must be host:port"),
  database_host: text.regex(/^[^:\s]*$/, "must be a host without a port"),
  database_port: port,
  database_name: text,
  /** Without username and password. */
  database_connection_string: text,
  /** Secrets Manager secret with `username` and `password`. */
  database_secret_arn: text,
  db_backups_bucket_name: text,
  db_backups_bucket_arn: text,

  /** Where the task runs that forwards a port to the database. Empty in an environment that an earlier version deployed. */
  database_access_cluster_name: text.default(""),
  database_access_task_definition_arn: text.default(""),
  database_access_subnet_ids: z.array(text).default([]),
  database_access_security_group_id: text.default(""),

  /** What a sync inside AWS needs in addition to the cluster and the subnets above. Empty in such an environment as well. */
  sync_task_definition_arn: text.default(""),
  sync_security_group_id: text.default(""),
  sync_log_group_name: text.default(""),
  sync_image: text.default(""),
  sync_ecr_repository_url: text.default(""),
  sync_ecr_repository_name: text.default(""),
  /** Secrets Manager secret whose value is the connection URL of Neon. Terraform creates it without a value. */
  neon_url_secret_arn: text.default(""),

  ecs_cluster_name: text,
  ecs_cluster_arn: text,
  frontend_service_name: text,
  backend_service_name: text,
  prometheus_service_name: text,
  grafana_service_name: text,
  /** Cloud Map namespace. */
  service_discovery_namespace: text,
  backend_ecr_repository_url: text,
  backend_ecr_repository_name: text,
  frontend_ecr_repository_url: text,
  frontend_ecr_repository_name: text,
  grafana_ecr_repository_url: text,
  grafana_ecr_repository_name: text,
  profiling_artifacts_bucket_name: text,
  /** Rule of EventBridge that starts new tasks of the backend when one of its secrets changes. Empty if there is none. */
  secret_restart_rule_name: text.default(""),
  /** Secrets Manager secret whose value is Grafana's admin password. */
  grafana_admin_secret_arn: text,

  alb_dns_name: text,
  alb_arn: text,
  cloudfront_distribution_id: text,
  cloudfront_domain_name: text,
  cloudfront_status: text,
  cache_invalidation_command: text,
  /** The address for people: the domain, or without a domain the CDN's name. */
  application_url: text,
  frontend_url: text,
  backend_url: text,
  grafana_url: text,

  /** "" without a domain. The lists below are empty then. */
  acm_certificate_arn: text,
  /** The certificate of CloudFront. Also "" in an environment that an earlier version deployed. */
  cdn_certificate_arn: text.default(""),
  acm_certificate_status: text,
  acm_certificate_validation_records: z.array(z.object({ name: text, type: text, value: text })),
  cloudflare_cname_records: z.array(z.object({ name: text, target: text })),
  custom_domain_urls: z.array(text),

  cicd_iam_user_name: text,
  cicd_iam_user_arn: text,
  cicd_iam_policy_name: text,
  cicd_iam_policy_arn: text,
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
