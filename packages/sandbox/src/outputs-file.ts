/** Writes the outputs of an environment in pilot light, in the form of `cdktf output`. */
import { writeFile } from "node:fs/promises";
import {
  databaseAccessName,
  defaultRegion,
  environmentName,
  outputsSchema,
  outputsVersion,
  resourceNames,
  syncTaskName,
  type Outputs,
} from "@pilot-light/core/contract";
import { rdsEndpointPort, rdsHost } from "./names.ts";

/** The account of every user of the emulator. */
const emulatedAccount = "123456789012";

/** The values that differ between the environments of a sandbox. */
export interface OutputsOptions {
  project: string;
  /** Host name of the RDS endpoint. Default: the one of the project. */
  host?: string;
  database: string;
  secretArn: string;
}

/** Writes every output of the contract. Outputs of resources that exist only in active mode are empty. */
export async function writeOutputs(file: string, options: OutputsOptions): Promise<void> {
  const names = resourceNames(options.project);
  const host = options.host ?? rdsHost(options.project);
  const endpoint = `${host}:${rdsEndpointPort}`;
  const registry = `${emulatedAccount}.dkr.ecr.${defaultRegion}.amazonaws.com`;
  const access = databaseAccessName(names.prefix);
  const user = `${names.prefix}-github-actions`;
  const outputs: Outputs = outputsSchema.parse({
    ...nothingActive,
    schema_version: outputsVersion,
    dev_activated: false,
    environment: environmentName,
    aws_region: defaultRegion,
    project_name: options.project,
    resource_prefix: names.prefix,
    vpc_id: "vpc-0123456789abcdef0",
    database_endpoint: endpoint,
    database_host: host,
    database_port: rdsEndpointPort,
    database_name: options.database,
    database_connection_string: `postgresql://${endpoint}/${options.database}`,
    database_secret_arn: options.secretArn,
    db_backups_bucket_name: names.backupsBucket,
    db_backups_bucket_arn: `arn:aws:s3:::${names.backupsBucket}`,
    database_access_cluster_name: access,
    database_access_task_definition_arn: `arn:aws:ecs:${defaultRegion}:${emulatedAccount}:task-definition/${access}:1`,
    database_access_subnet_ids: ["subnet-0123456789abcdef0"],
    database_access_security_group_id: "sg-0123456789abcdef0",
    sync_task_definition_arn: `arn:aws:ecs:${defaultRegion}:${emulatedAccount}:task-definition/${syncTaskName(names.prefix)}:1`,
    sync_security_group_id: "sg-0123456789abcdef1",
    sync_log_group_name: names.syncLogGroup,
    sync_image: `${registry}/${names.syncRepository}:latest`,
    sync_ecr_repository_url: `${registry}/${names.syncRepository}`,
    sync_ecr_repository_name: names.syncRepository,
    neon_url_secret_arn: `arn:aws:secretsmanager:${defaultRegion}:${emulatedAccount}:secret:${names.neonSecret}`,
    backend_ecr_repository_url: `${registry}/${names.ecrRepositories.backend}`,
    backend_ecr_repository_name: names.ecrRepositories.backend,
    frontend_ecr_repository_url: `${registry}/${names.ecrRepositories.frontend}`,
    frontend_ecr_repository_name: names.ecrRepositories.frontend,
    grafana_ecr_repository_url: `${registry}/${names.ecrRepositories.grafana}`,
    grafana_ecr_repository_name: names.ecrRepositories.grafana,
    profiling_artifacts_bucket_name: names.profilingBucket,
    cicd_iam_user_name: user,
    cicd_iam_user_arn: `arn:aws:iam::${emulatedAccount}:user/cicd/${user}`,
    cicd_iam_policy_name: `${user}-deployment`,
    cicd_iam_policy_arn: `arn:aws:iam::${emulatedAccount}:policy/cicd/${user}-deployment`,
  } satisfies Outputs);
  await writeFile(file, `${JSON.stringify({ [names.stack]: outputs }, null, 2)}\n`);
}

/** The outputs that are empty in pilot light without a domain. */
const nothingActive = {
  ecs_cluster_name: "",
  ecs_cluster_arn: "",
  frontend_service_name: "",
  backend_service_name: "",
  prometheus_service_name: "",
  grafana_service_name: "",
  secret_restart_rule_name: "",
  service_discovery_namespace: "",
  grafana_admin_secret_arn: "",
  alb_dns_name: "",
  alb_arn: "",
  cloudfront_distribution_id: "",
  cloudfront_domain_name: "",
  cloudfront_status: "",
  cache_invalidation_command: "",
  application_url: "",
  frontend_url: "",
  backend_url: "",
  grafana_url: "",
  acm_certificate_arn: "",
  cdn_certificate_arn: "",
  acm_certificate_status: "",
  acm_certificate_validation_records: [],
  cloudflare_cname_records: [],
  custom_domain_urls: [],
} satisfies Partial<Outputs>;
