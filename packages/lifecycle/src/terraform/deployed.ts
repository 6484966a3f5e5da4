/**
 * What exists according to the resources of the state. Terraform writes the outputs first: after an interrupted deactivation they are
 * empty, while the load balancer and the database may still exist.
 */
import type { Outputs } from "@pilot-light/core/contract";
import type { Resource } from "./changes.ts";

type DatabaseOutputs = Pick<
  Outputs,
  "database_endpoint" | "database_host" | "database_port" | "database_name" | "database_secret_arn"
>;

/** Public names of the environment, even of a partly destroyed one. */
export function publicNames(outputs: Outputs, resources: readonly Resource[]): string[] {
  const of = (type: string, attribute: string) =>
    resources.filter((resource) => resource.type === type).map(({ values }) => text(values[attribute]));
  const all = [
    outputs.alb_dns_name,
    outputs.cloudfront_domain_name,
    ...of("aws_lb", "dns_name"),
    ...of("aws_cloudfront_distribution", "domain_name"),
  ];
  return [...new Set(all)].filter((name) => name !== "");
}

/** The outputs, with the database of the state if the outputs name none. */
export function withDatabase(outputs: Outputs, resources: readonly Resource[]): Outputs {
  if (outputs.database_endpoint !== "") return outputs;
  const instance = resources.find(({ type }) => type === "aws_db_instance")?.values;
  if (instance === undefined || text(instance["endpoint"]) === "") return outputs;
  return { ...outputs, ...databaseOf(instance) };
}

function databaseOf(instance: Resource["values"]): DatabaseOutputs {
  const secrets: unknown = instance["master_user_secret"];
  const [secret] = Array.isArray(secrets) ? (secrets as unknown[]) : [];
  const arn =
    typeof secret === "object" && secret !== null && "secret_arn" in secret ? secret.secret_arn : "";
  return {
    database_endpoint: text(instance["endpoint"]),
    database_host: text(instance["address"]),
    database_port: Number(instance["port"] ?? 0),
    database_name: text(instance["db_name"]),
    database_secret_arn: text(arn),
  };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
