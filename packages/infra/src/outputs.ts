/** Writes the stack's Terraform outputs from core's contract: a missing, misspelled or wrongly typed output does not compile. */
import { type OutputName, type Outputs, outputsSchema } from "@pilot-light/core/contract";
import { type IResolvable, TerraformOutput, type TerraformStack } from "cdktf";

/** A value of type `T` before Terraform has run. CDKTF's string and number tokens have the plain type. */
type Deferred<T> = T extends boolean | readonly unknown[] ? T | IResolvable : T;

/** A value for every output of the contract. Without a resource it is `""`, `0`, `false` or `[]`, never null. */
export type OutputValues = { readonly [Name in OutputName]: Deferred<Outputs[Name]> };

const descriptions = {
  schema_version: "Version of these outputs",
  dev_activated: "Whether the environment is active",
  environment: "Name of the environment",
  aws_region: "AWS region of the environment",
  project_name: "Name of the project",
  resource_prefix: "Prefix of the names of most resources",
  vpc_id: "Id of the VPC",
  database_endpoint: "Host and port of the RDS instance",
  database_host: "Host of the RDS instance",
  database_port: "Port of the RDS instance",
  database_name: "Name of the database in the RDS instance",
  database_connection_string: "URL of the database, without username and password",
  database_secret_arn: "ARN of the secret with the username and password of the master user",
  db_backups_bucket_name: "Name of the S3 bucket for database backup dumps",
  db_backups_bucket_arn: "ARN of the S3 bucket for database backup dumps",
  database_access_cluster_name:
    "Name of the ECS cluster for tasks through which Systems Manager forwards a port to the database",
  database_access_task_definition_arn: "ARN of the definition of tasks that forward a port to the database",
  database_access_subnet_ids: "Subnets of tasks that forward a port to the database",
  database_access_security_group_id: "Security group of tasks that forward a port to the database",
  sync_task_definition_arn: "ARN of the definition of tasks that run a sync inside AWS",
  sync_security_group_id: "Security group of tasks that run a sync inside AWS",
  sync_log_group_name: "Log group of tasks that run a sync inside AWS",
  sync_image: "Image of tasks that run a sync inside AWS",
  sync_ecr_repository_url: "URL of the repository for images of syncs inside AWS",
  sync_ecr_repository_name: "Name of the repository for images of syncs inside AWS",
  neon_url_secret_arn: "ARN of the secret with the connection URL of Neon, for syncs inside AWS",
  ecs_cluster_name: "Name of the ECS cluster; empty in pilot light",
  ecs_cluster_arn: "ARN of the ECS cluster; empty in pilot light",
  frontend_service_name: "Name of the frontend's ECS service; empty in pilot light",
  backend_service_name: "Name of the backend's ECS service; empty in pilot light",
  prometheus_service_name: "Name of Prometheus's ECS service; empty in pilot light",
  grafana_service_name: "Name of Grafana's ECS service; empty in pilot light",
  secret_restart_rule_name:
    "Name of the EventBridge rule that starts new backend tasks when a secret of theirs changes; empty without it, and in pilot light",
  service_discovery_namespace: "Domain of the services inside the VPC; empty in pilot light",
  backend_ecr_repository_url: "URL of the repository for backend images",
  backend_ecr_repository_name: "Name of the repository for backend images",
  frontend_ecr_repository_url: "URL of the repository for frontend images",
  frontend_ecr_repository_name: "Name of the repository for frontend images",
  grafana_ecr_repository_url: "URL of the repository for Grafana images",
  grafana_ecr_repository_name: "Name of the repository for Grafana images",
  profiling_artifacts_bucket_name: "Name of the bucket with CPU profiles and heap snapshots of the backend",
  grafana_admin_secret_arn: "ARN of the secret with Grafana's admin password; empty in pilot light",
  alb_dns_name: "DNS name of the load balancer; empty in pilot light",
  alb_arn: "ARN of the load balancer; empty in pilot light",
  cloudfront_distribution_id: "Id of the CloudFront distribution; empty in pilot light",
  cloudfront_domain_name: "DNS name of the CloudFront distribution; empty in pilot light",
  cloudfront_status: "Status of the CloudFront distribution at the last apply; empty in pilot light",
  cache_invalidation_command: "Command that empties CloudFront's cache; empty in pilot light",
  application_url: "URL of the environment; empty in pilot light",
  frontend_url: "URL of the frontend; empty in pilot light",
  backend_url: "URL of the API; empty in pilot light",
  grafana_url: "URL of Grafana; empty in pilot light",
  acm_certificate_arn: "ARN of the domain's certificate; empty without a domain",
  cdn_certificate_arn:
    "ARN of CloudFront's certificate in us-east-1; equal to acm_certificate_arn if the environment is in us-east-1; empty without a domain",
  acm_certificate_status: "Status of the certificate at the last apply; empty without a domain",
  acm_certificate_validation_records:
    "DNS records with which AWS validates the certificate; empty without a domain",
  cloudflare_cname_records:
    "DNS records that point to the environment; empty in pilot light or without a domain",
  custom_domain_urls: "URLs on the domain; empty in pilot light or without a domain",
  cicd_iam_user_name: "Name of the user with which CI deploys images; empty without ci_user_enabled",
  cicd_iam_user_arn: "ARN of the user with which CI deploys images; empty without ci_user_enabled",
  cicd_iam_policy_name: "Name of the policy with which CI deploys images",
  cicd_iam_policy_arn: "ARN of the policy with which CI deploys images",
} as const satisfies Record<OutputName, string>;

/** Adds every output directly to the stack under its own name, so that `deploy` and `output --outputs-file` write the same shape. */
export function writeOutputs(stack: TerraformStack, values: OutputValues): void {
  for (const name of outputsSchema.keyof().options) {
    new TerraformOutput(stack, name, {
      value: values[name],
      description: descriptions[name],
      staticId: true,
    });
  }
}
