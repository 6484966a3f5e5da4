/** The variables of the network. */
import type { IResolvable } from "cdktf";
import type { NetworkSettings, SubnetRanges, Tier } from "../constructs/network.ts";
import type { Rule, VariableDefinitions } from "./definitions.ts";

/** Variables of the network and its NAT gateways. */
export interface NetworkVariables extends NetworkSettings {
  singleNatGateway: IResolvable;
}

export function networkVariables(define: VariableDefinitions, region: string): NetworkVariables {
  return {
    cidrBlock: define.text(
      "vpc_cidr",
      "10.0.0.0/16",
      "Address range of the VPC. Each subnet has 1/256 of it.",
      [
        'can(cidrnetmask(var.vpc_cidr)) && try(tonumber(split("/", var.vpc_cidr)[1]) >= 16 && tonumber(split("/", var.vpc_cidr)[1]) <= 20, false)',
        "vpc_cidr must be an IPv4 range from /16 to /20.",
      ],
    ),
    // Not a data source: if AWS listed the zones in another order, Terraform would replace the subnets, and the database with them.
    availabilityZones: define.list(
      "availability_zones",
      [`${region}a`, `${region}b`],
      "The two availability zones of the subnets.",
      [
        "length(var.availability_zones) == 2 && length(distinct(var.availability_zones)) == 2",
        "availability_zones must be two different zones.",
      ],
    ),
    subnets: {
      public: subnetRanges(define, "public"),
      "private-app": subnetRanges(define, "private-app"),
      "private-db": subnetRanges(define, "private-db"),
    },
    singleNatGateway: define.flag(
      "single_nat_gateway",
      false,
      "True: one NAT gateway for both zones, at about half the price. When its zone fails, neither zone can reach the internet.",
    ),
  };
}

function subnetRanges(define: VariableDefinitions, tier: Tier): SubnetRanges {
  const name = `${tier.replace("-", "_")}_subnet_cidrs`;
  const description = `Address ranges of the two ${tier} subnets, for a network that exists. Empty: derived from vpc_cidr.`;
  const rule: Rule = [
    `contains([0, 2], length(var.${name})) && alltrue([for range in var.${name} : can(cidrnetmask(range))])`,
    `${name} must be two IPv4 ranges, or empty.`,
  ];
  return { ranges: define.list(name, [], description, rule), isUnset: define.isEmpty(name) };
}
