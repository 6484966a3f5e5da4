/** Writes the stack's Terraform outputs through core's contract: a missing, misspelt or wrongly typed one does not compile. */
import { type OutputName, type Outputs, outputsSchema } from "@pilot-light/core/contract";
import { type IResolvable, TerraformOutput, type TerraformStack } from "cdktf";

/** What may stand for a value of type `T` before Terraform has run: CDKTF's string and number tokens have the plain type. */
type Deferred<T> = T extends boolean | readonly unknown[] ? T | IResolvable : T;

/** A value for every output of the contract. What does not exist is `""`, `0`, `false` or `[]`, never null. */
export type OutputValues = { readonly [Name in OutputName]: Deferred<Outputs[Name]> };

const descriptions = {
  schema_version: "Version of these outputs",
  dev_activated: "Whether the compute of the environment is switched on",
  environment: "Name of the environment",
  aws_region: "Region of the environment",
  project_name: "Name of the project",
  resource_prefix: "Beginning of the names of most resources",
  vpc_id: "VPC of the environment",
  database_endpoint: "RDS instance as host:port",
  database_host: "Host of the RDS instance",
  database_port: "Port of the RDS instance",
  database_name: "Name of the database in the RDS instance",
  database_connection_string: "URL of the database, without username and password",
  database_secret_arn: "Secrets Manager secret with the master user's username and password",
  db_backups_bucket_name: "Bucket with the database dumps",
  db_backups_bucket_arn: "ARN of the bucket with the database dumps",
  ecs_cluster_name: "ECS cluster; empty in pilot light",
  ecs_cluster_arn: "ARN of the ECS cluster; empty in pilot light",
  frontend_service_name: "ECS service of the frontend; empty in pilot light",
  backend_service_name: "ECS service of the backend; empty in pilot light",
  prometheus_service_name: "ECS service of Prometheus; empty in pilot light",
  grafana_service_name: "ECS service of Grafana; empty in pilot light",
  service_discovery_namespace: "Domain of the services inside the VPC; empty in pilot light",
  backend_ecr_repository_url: "Where backend images are pushed to",
  backend_ecr_repository_name: "Repository of the backend images",
  frontend_ecr_repository_url: "Where frontend images are pushed to",
  frontend_ecr_repository_name: "Repository of the frontend images",
  grafana_ecr_repository_url: "Where Grafana images are pushed to",
  grafana_ecr_repository_name: "Repository of the Grafana images",
  profiling_artifacts_bucket_name: "Bucket with CPU profiles and heap snapshots of the backend",
  grafana_admin_secret_arn: "Secrets Manager secret with Grafana's admin password; empty in pilot light",
  alb_dns_name: "AWS name of the load balancer; empty in pilot light",
  alb_arn: "ARN of the load balancer; empty in pilot light",
  cloudfront_distribution_id: "CloudFront distribution; empty in pilot light",
  cloudfront_domain_name: "AWS name of the CloudFront distribution; empty in pilot light",
  cloudfront_status: "State of the CloudFront distribution at the last apply; empty in pilot light",
  cache_invalidation_command: "Command that empties CloudFront's cache; empty in pilot light",
  application_url: "Where people find the environment; empty in pilot light",
  frontend_url: "Where people find the frontend; empty in pilot light",
  backend_url: "Where people find the API; empty in pilot light",
  grafana_url: "Where people find Grafana; empty in pilot light",
  acm_certificate_arn: "Certificate of the domain; empty without a domain",
  acm_certificate_status: "State of the certificate at the last apply; empty without a domain",
  acm_certificate_validation_records: "DNS records that prove the domain to AWS; none without a domain",
  cloudflare_cname_records:
    "DNS records that lead to the environment; none in pilot light or without a domain",
  custom_domain_urls: "URLs below the domain; none in pilot light or without a domain",
  cicd_iam_user_name: "User by which CI deploys images",
  cicd_iam_user_arn: "ARN of the user by which CI deploys images",
  cicd_iam_policy_name: "Policy of the user by which CI deploys images",
  cicd_iam_policy_arn: "ARN of the policy of the user by which CI deploys images",
} as const satisfies Record<OutputName, string>;

/** Puts every output directly on the stack under its own name, so that `deploy` and `output --outputs-file` have one shape. */
export function writeOutputs(stack: TerraformStack, values: OutputValues): void {
  for (const name of outputsSchema.keyof().options) {
    new TerraformOutput(stack, name, {
      value: values[name],
      description: descriptions[name],
      staticId: true,
    });
  }
}
