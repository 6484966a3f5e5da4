/** No security group accepts ingress from everywhere. The load balancer accepts CloudFront's addresses only. */
import { DefaultSecurityGroup } from "@cdktf/provider-aws/lib/default-security-group/index.js";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js";
import { Annotations, type IAspect, TerraformResource } from "cdktf";
import type { IConstruct } from "constructs";

export class NoOpenIngress implements IAspect {
  visit(node: IConstruct): void {
    const error = errorOf(node);
    if (error !== undefined) Annotations.of(node).addError(error);
  }
}

function errorOf(node: IConstruct): string | undefined {
  // The stack writes rules in one way only, so this rule has to check only that way.
  const oldRule =
    TerraformResource.isTerraformResource(node) && node.terraformResourceType === "aws_security_group_rule";
  const withRules = node instanceof SecurityGroup || node instanceof DefaultSecurityGroup;
  if (oldRule || (withRules && node.ingressInput !== undefined)) {
    return "Ingress must be written as aws_vpc_security_group_ingress_rule.";
  }
  if (!(node instanceof VpcSecurityGroupIngressRule) || !isOpen(node)) return undefined;
  return "No security group may accept ingress from everywhere.";
}

/** From all addresses of IPv4 or IPv6. */
function isOpen({ cidrIpv4Input, cidrIpv6Input }: VpcSecurityGroupIngressRule): boolean {
  return [cidrIpv4Input, cidrIpv6Input].some((range) => range?.endsWith("/0") ?? false);
}
