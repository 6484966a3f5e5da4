/** No security group accepts ingress from everywhere, except the load balancer's on ports 80 and 443. */
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js";
import { Annotations, type IAspect, TerraformResource } from "cdktf";
import type { IConstruct } from "constructs";

const publicPorts: readonly (number | undefined)[] = [80, 443];

export class NoOpenIngress implements IAspect {
  readonly #allowed: readonly IConstruct[];

  constructor(allowed: readonly VpcSecurityGroupIngressRule[]) {
    this.#allowed = allowed;
  }

  visit(node: IConstruct): void {
    const error = this.#errorOf(node);
    if (error !== undefined) Annotations.of(node).addError(error);
  }

  #errorOf(node: IConstruct): string | undefined {
    // With only one way to write rules, only one way has to be checked.
    const oldRule =
      TerraformResource.isTerraformResource(node) && node.terraformResourceType === "aws_security_group_rule";
    if (oldRule || (node instanceof SecurityGroup && node.ingressInput !== undefined)) {
      return "Ingress must be written as aws_vpc_security_group_ingress_rule.";
    }
    if (!(node instanceof VpcSecurityGroupIngressRule) || !isOpen(node)) return undefined;
    if (!this.#allowed.includes(node)) return "Only the load balancer may accept ingress from everywhere.";
    const { fromPortInput, toPortInput } = node;
    return fromPortInput === toPortInput && publicPorts.includes(fromPortInput)
      ? undefined
      : "Ingress from everywhere may use port 80 or 443 only.";
  }
}

/** From all addresses of IPv4 or IPv6. */
function isOpen({ cidrIpv4Input, cidrIpv6Input }: VpcSecurityGroupIngressRule): boolean {
  return [cidrIpv4Input, cidrIpv6Input].some((range) => range?.endsWith("/0") ?? false);
}
