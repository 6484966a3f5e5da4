/**
 * How a resource of each type is recognized, and the id by which Terraform imports it. For a type that this table does not have, this stack
 * creates its resources, and leaves the existing ones alone. A type is listed after the types that it refers to.
 */

export type Values = Readonly<Record<string, unknown>>;

export interface Rule {
  /** Sets of attributes, the best first, that must all be equal. `tags.Name` is an entry of a map. */
  keys: readonly (readonly string[])[];
  /** Attributes that make a resource a candidate when no key fits. Only a person can choose a candidate. */
  weak?: readonly string[];
  /** A matched resource of this type refers to the wanted one, as an association refers to its route table. */
  attachedBy?: { type: string; attribute: string };
  /** Another type for the same object in AWS, and the values as this type has them. */
  alias?: { type: string; values: (values: Values) => Values | undefined };
  /** The id for `import`; undefined when the values do not contain it. */
  importId: (values: Values) => string | undefined;
  /** AWS accepts only one resource with this key in the account and region. */
  unique?: true;
}

/** Values joined by a separator; undefined when one is missing. */
function joined(separator: string, ...attributes: readonly string[]) {
  return (values: Values): string | undefined => {
    const parts = attributes.map((attribute) => text(valueAt(values, attribute)));
    return parts.includes(undefined) ? undefined : parts.join(separator);
  };
}

const byId = joined("", "id");
const byArn = joined("", "arn");
const byName = joined("", "name");
const named = { keys: [["name"]], unique: true } as const;
const ofBucket = { keys: [["bucket"]], importId: joined("", "bucket") } as const;

/** Of an inbound or outbound rule. A rule has exactly one of the last four. */
const ruleKeys = ["cidr_ipv4", "referenced_security_group_id", "cidr_ipv6", "prefix_list_id"].map((peer) => [
  ...["security_group_id", "ip_protocol", "from_port", "to_port"],
  peer,
]);

/** The older type of a rule, which has an id of the newer type when it has a single peer. */
function securityGroupRule(direction: "ingress" | "egress"): Rule {
  return {
    keys: ruleKeys,
    importId: joined("", "security_group_rule_id"),
    alias: {
      type: "aws_security_group_rule",
      values: (values) => {
        const single = (list: unknown): unknown =>
          Array.isArray(list) && list.length === 1 ? (list as unknown[])[0] : undefined;
        const id = text(values["security_group_rule_id"]);
        if (values["type"] !== direction || id === undefined) return undefined;
        return {
          ...{ security_group_rule_id: id, security_group_id: values["security_group_id"] },
          ...{ ip_protocol: values["protocol"], from_port: values["from_port"], to_port: values["to_port"] },
          cidr_ipv4: single(values["cidr_blocks"]),
          referenced_security_group_id: values["source_security_group_id"],
        };
      },
    },
  };
}

/** Import ids are those of the provider's documentation, section "Import" of each resource. */
export const rules = {
  aws_s3_bucket: { keys: [["bucket"]], importId: joined("", "bucket"), unique: true },
  aws_s3_bucket_lifecycle_configuration: ofBucket,
  aws_s3_bucket_policy: ofBucket,
  aws_s3_bucket_public_access_block: ofBucket,
  aws_s3_bucket_server_side_encryption_configuration: ofBucket,
  aws_s3_bucket_versioning: ofBucket,
  aws_ecr_repository: { ...named, importId: byName },
  aws_ecr_lifecycle_policy: { keys: [["repository"]], importId: joined("", "repository") },
  aws_iam_role: { ...named, importId: byName },
  aws_iam_role_policy: { keys: [["role", "name"]], importId: joined(":", "role", "name") },
  aws_iam_user: { ...named, importId: byName },
  aws_iam_policy: { ...named, importId: byArn },
  aws_iam_user_policy_attachment: {
    keys: [["user", "policy_arn"]],
    importId: joined("/", "user", "policy_arn"),
  },
  aws_cloudwatch_log_group: { ...named, importId: byName },
  aws_vpc: { keys: [["cidr_block", "tags.Name"], ["tags.Name"], ["cidr_block"]], weak: [], importId: byId },
  aws_subnet: {
    keys: [
      ["vpc_id", "cidr_block", "availability_zone"],
      ["vpc_id", "tags.Name"],
      ["vpc_id", "tags.Tier", "availability_zone"],
    ],
    weak: ["vpc_id", "availability_zone"],
    importId: byId,
  },
  aws_internet_gateway: { keys: [["vpc_id"]], importId: byId },
  aws_route_table_association: {
    keys: [["subnet_id"]],
    importId: joined("/", "subnet_id", "route_table_id"),
  },
  aws_route_table: {
    keys: [["vpc_id", "tags.Name"]],
    attachedBy: { type: "aws_route_table_association", attribute: "route_table_id" },
    importId: byId,
  },
  aws_nat_gateway: { keys: [["subnet_id"]], importId: byId },
  aws_eip: {
    keys: [["tags.Name"]],
    attachedBy: { type: "aws_nat_gateway", attribute: "allocation_id" },
    importId: byId,
  },
  aws_route: {
    keys: [["route_table_id", "destination_cidr_block"]],
    importId: joined("_", "route_table_id", "destination_cidr_block"),
  },
  aws_vpc_endpoint: { keys: [["vpc_id", "service_name"]], importId: byId },
  aws_security_group: { keys: [["vpc_id", "name"]], importId: byId },
  aws_vpc_security_group_ingress_rule: securityGroupRule("ingress"),
  aws_vpc_security_group_egress_rule: securityGroupRule("egress"),
  aws_db_subnet_group: { ...named, importId: byName },
  aws_db_instance: { keys: [["identifier"]], weak: [], importId: joined("", "identifier"), unique: true },
  aws_secretsmanager_secret: { ...named, importId: byArn },
  aws_secretsmanager_secret_version: {
    keys: [["secret_id"]],
    importId: joined("|", "secret_id", "version_id"),
  },
  aws_efs_file_system: { keys: [["tags.Name"]], importId: byId },
  aws_efs_mount_target: { keys: [["file_system_id", "subnet_id"]], importId: byId },
  aws_efs_access_point: { keys: [["file_system_id", "root_directory.0.path"]], importId: byId },
  aws_acm_certificate: { keys: [["domain_name"]], importId: byArn },
  aws_lb: { ...named, importId: byArn },
  aws_lb_target_group: { ...named, importId: byArn },
  aws_lb_listener: { keys: [["load_balancer_arn", "port"]], importId: byArn },
  aws_lb_listener_rule: { keys: [["listener_arn", "priority"]], importId: byArn },
  aws_service_discovery_private_dns_namespace: {
    keys: [["vpc", "name"]],
    importId: joined(":", "id", "vpc"),
  },
  aws_service_discovery_service: { keys: [["namespace_id", "name"]], importId: byId },
  aws_ecs_cluster: { ...named, importId: byName },
  aws_ecs_cluster_capacity_providers: { keys: [["cluster_name"]], importId: joined("", "cluster_name") },
  aws_ecs_service: {
    keys: [["cluster", "name"]],
    importId: (values) => {
      const [cluster, name] = [text(values["cluster"])?.split("/").at(-1), text(values["name"])];
      return cluster === undefined || name === undefined ? undefined : `${cluster}/${name}`;
    },
  },
  aws_cloudfront_distribution: { keys: [["comment"], ["aliases"]], importId: byId },
} as const satisfies Readonly<Record<string, Rule>>;

/** The rule of a type; undefined for a type that is not taken over. */
export function ruleOf(type: string): Rule | undefined {
  return (rules as Readonly<Record<string, Rule>>)[type];
}

/** `root_directory.0.path`: the value at a path of names and indexes. */
export function valueAt(values: Values, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (value, name) =>
        typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined,
      values,
    );
}

/** A value as text for comparisons and ids: states of other backends have numbers, and others have texts. */
export function text(value: unknown): string | undefined {
  if (typeof value === "string") return value === "" ? undefined : value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) {
    return value.length === 0 ? undefined : JSON.stringify((value as unknown[]).toSorted());
  }
  return undefined;
}
