/**
 * Who may connect to what. CloudFront connects to the load balancer, and the load balancer to the services. Only the backend, the access task
 * and syncs inside AWS connect to the database.
 */
import { DataAwsEc2ManagedPrefixList } from "@cdktf/provider-aws/lib/data-aws-ec2-managed-prefix-list/index.js";
import { DefaultSecurityGroup } from "@cdktf/provider-aws/lib/default-security-group/index.js";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule/index.js";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js";
import { Token, conditional } from "cdktf";
import { Construct } from "constructs";
import type { Gate } from "../gate.ts";
import type { ServiceName } from "../variables/services.ts";

export interface SecurityGroupsProps {
  /** `dev-<project>`. */
  prefix: string;
  vpcId: string;
  ports: Readonly<Record<ServiceName, number>>;
  hasDomain: Gate;
}

const groups = {
  // With a new description, Terraform would replace a group. So two descriptions are older than the rules of their groups.
  alb: "Load balancer, open to the internet",
  frontend: "Frontend tasks",
  backend: "Backend tasks",
  prometheus: "Prometheus tasks",
  grafana: "Grafana tasks",
  database: "RDS instance, reached by the backend only",
  efs: "Files of Prometheus and Grafana",
  "database-access": "Tasks that forward a port to the database",
  sync: "Tasks that copy between the database and Neon",
} as const;
type GroupName = keyof typeof groups;

const postgresPort = 5432;
const nfsPort = 2049;
const everywhere = "0.0.0.0/0";

/** AWS keeps this list of the addresses from which CloudFront connects to origins. */
const cloudFrontAddresses = "com.amazonaws.global.cloudfront.origin-facing";

export class SecurityGroups extends Construct {
  readonly ids: Readonly<Record<GroupName, string>>;
  readonly #props: SecurityGroupsProps;

  constructor(scope: Construct, id: string, props: SecurityGroupsProps) {
    super(scope, id);
    this.#props = props;
    this.ids = {
      alb: this.#group("alb"),
      frontend: this.#group("frontend"),
      backend: this.#group("backend"),
      prometheus: this.#group("prometheus"),
      grafana: this.#group("grafana"),
      database: this.#group("database"),
      efs: this.#group("efs"),
      "database-access": this.#group("database-access"),
      sync: this.#group("sync"),
    };
    this.#closeDefaultGroup();
    this.#fromCloudFront();

    const { ports } = props;
    this.#allow("alb", "frontend", ports.frontend);
    this.#allow("alb", "backend", ports.backend);
    this.#allow("alb", "grafana", ports.grafana);
    this.#allow("frontend", "backend", ports.backend);
    this.#allow("backend", "database", postgresPort);
    this.#allow("database-access", "database", postgresPort);
    this.#allow("sync", "database", postgresPort);
    this.#allow("backend", "prometheus", ports.prometheus);
    this.#allow("prometheus", "frontend", ports.frontend);
    this.#allow("prometheus", "backend", ports.backend);
    this.#allow("grafana", "prometheus", ports.prometheus);
    this.#allow("prometheus", "efs", nfsPort);
    this.#allow("grafana", "efs", nfsPort);
    // Image repositories, logs, secrets, Systems Manager, and the services' own calls to the internet.
    for (const name of ["frontend", "backend", "prometheus", "grafana", "database-access", "sync"] as const) {
      this.#toEverywhere(name, 443);
    }
    // Neon.
    this.#toEverywhere("sync", postgresPort);
  }

  #group(name: GroupName): string {
    const fullName = `${this.#props.prefix}-${name}`;
    return new SecurityGroup(this, name, {
      name: fullName,
      description: groups[name],
      vpcId: this.#props.vpcId,
      // Rules are separate resources. AWS adds an egress rule to everywhere to a new group; the provider removes that rule.
      tags: { Name: fullName },
      // AWS cannot change a description: Terraform would replace a group that other code created, and the resources that use it.
      lifecycle: { ignoreChanges: ["description"] },
    }).id;
  }

  /** Both halves of a connection: egress from one group, ingress to the other. */
  #allow(source: GroupName, target: GroupName, port: number): void {
    const tcp = { ipProtocol: "tcp", fromPort: port, toPort: port };
    new VpcSecurityGroupEgressRule(this, `${source}-to-${target}`, {
      securityGroupId: this.ids[source],
      referencedSecurityGroupId: this.ids[target],
      ...tcp,
    });
    new VpcSecurityGroupIngressRule(this, `${target}-from-${source}`, {
      securityGroupId: this.ids[target],
      referencedSecurityGroupId: this.ids[source],
      ...tcp,
    });
  }

  /** Every VPC has this group, and a resource that names no group gets it. Without rules it allows nothing. */
  #closeDefaultGroup(): void {
    new DefaultSecurityGroup(this, "default", {
      vpcId: this.#props.vpcId,
      tags: { Name: `${this.#props.prefix}-default-closed` },
    });
  }

  /**
   * One rule with one port: the list counts as 55 rules, and a group may have 60. CloudFront uses HTTPS if there is a domain, because the load
   * balancer then has a certificate.
   * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/LocationsOfEdgeServers.html
   */
  #fromCloudFront(): void {
    const port = Token.asNumber(conditional(this.#props.hasDomain.condition, 443, 80));
    new VpcSecurityGroupIngressRule(this, "alb-from-cloudfront", {
      securityGroupId: this.ids.alb,
      prefixListId: new DataAwsEc2ManagedPrefixList(this, "cloudfront", { name: cloudFrontAddresses }).id,
      ipProtocol: "tcp",
      fromPort: port,
      toPort: port,
    });
  }

  #toEverywhere(name: GroupName, port: number): void {
    new VpcSecurityGroupEgressRule(this, `${name}-to-everywhere-${port}`, {
      securityGroupId: this.ids[name],
      cidrIpv4: everywhere,
      ipProtocol: "tcp",
      fromPort: port,
      toPort: port,
    });
  }
}
