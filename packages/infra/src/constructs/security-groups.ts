/** The security groups of the database and of the backend, the only one that may reach it. */
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js";
import { Construct } from "constructs";

export interface SecurityGroupsProps {
  /** `dev-<project>`. */
  prefix: string;
  vpcId: string;
}

const postgresPort = 5432;

export class SecurityGroups extends Construct {
  readonly backendId: string;
  readonly databaseId: string;

  constructor(scope: Construct, id: string, { prefix, vpcId }: SecurityGroupsProps) {
    super(scope, id);
    const group = (name: string, description: string): SecurityGroup =>
      new SecurityGroup(this, name, {
        name: `${prefix}-${name}`,
        description,
        vpcId,
        // Rules are resources of their own; the provider removes the rule to everywhere that AWS puts into a new group.
        tags: { Name: `${prefix}-${name}` },
      });
    this.backendId = group("backend", "Backend tasks").id;
    this.databaseId = group("database", "RDS instance, reached by the backend only").id;
    new VpcSecurityGroupIngressRule(this, "database-from-backend", {
      securityGroupId: this.databaseId,
      referencedSecurityGroupId: this.backendId,
      ipProtocol: "tcp",
      fromPort: postgresPort,
      toPort: postgresPort,
    });
  }
}
