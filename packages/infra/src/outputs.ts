/** Writes the stack's Terraform outputs through core's contract: a missing, misspelt or wrongly typed one does not compile. */
import { type OutputName, type Outputs, outputsSchema } from "@pilot-light/core/contract";
import { type IResolvable, TerraformOutput, type TerraformStack } from "cdktf";

/** What may stand for a value of type `T` before Terraform has run: CDKTF's string and number tokens have the plain type. */
type Deferred<T> = T extends boolean ? boolean | IResolvable : T;

/** A value for every output of the contract. What does not exist is `""`, `0` or `false`, never null. */
export type OutputValues = { readonly [Name in OutputName]: Deferred<Outputs[Name]> };

const descriptions = {
  database_endpoint: "RDS instance as host:port",
  database_port: "Port of the RDS instance",
  database_name: "Name of the database in the RDS instance",
  database_secret_arn: "Secrets Manager secret with the master user's username and password",
  dev_activated: "Whether the compute of the environment is switched on",
  vpc_id: "VPC of the environment",
  ecs_cluster_name: "ECS cluster; empty in pilot light",
  frontend_service_name: "ECS service of the frontend; empty in pilot light",
  backend_service_name: "ECS service of the backend; empty in pilot light",
  grafana_service_name: "ECS service of Grafana; empty in pilot light",
  alb_dns_name: "AWS name of the load balancer; empty in pilot light",
  cloudfront_distribution_id: "CloudFront distribution; empty in pilot light",
  db_backups_bucket_name: "Bucket with the database dumps",
  db_backups_bucket_arn: "ARN of the bucket with the database dumps",
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
