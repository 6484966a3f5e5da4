/** Variables of the network. */
import type { IResolvable } from "cdktf";
import type { NetworkSettings } from "../constructs/network.ts";
import type { VariableDefinitions } from "./definitions.ts";

/** What the network and the ways out of it take. */
export interface NetworkVariables extends NetworkSettings {
  singleNatGateway: IResolvable;
}

export function networkVariables(define: VariableDefinitions, region: string): NetworkVariables {
  return {
    cidrBlock: define.text(
      "vpc_cidr",
      "10.0.0.0/16",
      "Address range of the VPC; each subnet takes a 256th of it.",
      [
        'can(cidrnetmask(var.vpc_cidr)) && try(tonumber(split("/", var.vpc_cidr)[1]) >= 16 && tonumber(split("/", var.vpc_cidr)[1]) <= 20, false)',
        "vpc_cidr must be an IPv4 range from /16 to /20.",
      ],
    ),
    // Not a data source: subnets are replaced, with the database in them, when AWS lists its zones in another order.
    availabilityZones: define.list(
      "availability_zones",
      [`${region}a`, `${region}b`],
      "The two availability zones of the subnets.",
      [
        "length(var.availability_zones) == 2 && length(distinct(var.availability_zones)) == 2",
        "availability_zones must be two different zones.",
      ],
    ),
    singleNatGateway: define.flag(
      "single_nat_gateway",
      false,
      "One NAT gateway for both zones: about half the price, and no way out when its zone fails.",
    ),
  };
}
