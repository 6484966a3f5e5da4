/**
 * The VPC with public, private-app and private-db subnets in two availability zones. Only the public subnets reach the internet. `nat.ts`
 * connects the private-app subnets.
 */
import { InternetGateway } from "@cdktf/provider-aws/lib/internet-gateway/index.js";
import { RouteTableAssociation } from "@cdktf/provider-aws/lib/route-table-association/index.js";
import { RouteTable } from "@cdktf/provider-aws/lib/route-table/index.js";
import { Route } from "@cdktf/provider-aws/lib/route/index.js";
import { Subnet } from "@cdktf/provider-aws/lib/subnet/index.js";
import { VpcEndpoint } from "@cdktf/provider-aws/lib/vpc-endpoint/index.js";
import { Vpc } from "@cdktf/provider-aws/lib/vpc/index.js";
import { Fn, type IResolvable, Token, conditional } from "cdktf";
import { Construct } from "constructs";

export interface NetworkSettings {
  cidrBlock: string;
  /** Exactly two. May be a token, which has no elements to read by index. */
  availabilityZones: string[];
  /** The address ranges of each tier. */
  subnets: Readonly<Record<Tier, SubnetRanges>>;
}

export interface SubnetRanges {
  /** Two ranges, or none. May be a token. */
  ranges: string[];
  /** True if there are no ranges: each subnet then has 1/256 of the VPC's range. */
  isUnset: IResolvable;
}

export interface NetworkProps extends NetworkSettings {
  /** `dev-<project>`. */
  prefix: string;
  region: string;
}

export const zones = [0, 1] as const;
/** One value for each of the two zones. */
export type PerZone<T> = readonly [T, T];

/** Number of the tier's first subnet, of the 256 subnets that fit into the VPC's range. */
const firstSubnet = { public: 0, "private-app": 10, "private-db": 20 } as const;
export type Tier = keyof typeof firstSubnet;

export class Network extends Construct {
  readonly vpcId: string;
  readonly publicSubnetIds: PerZone<string>;
  readonly privateAppSubnetIds: PerZone<string>;
  readonly privateDbSubnetIds: PerZone<string>;
  /** A table for each zone, so that each zone can have its own NAT gateway. */
  readonly privateAppRouteTableIds: PerZone<string>;
  readonly #props: NetworkProps;

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    this.#props = props;
    this.vpcId = new Vpc(this, "vpc", {
      cidrBlock: props.cidrBlock,
      enableDnsHostnames: true,
      enableDnsSupport: true,
      tags: { Name: `${props.prefix}-vpc` },
    }).id;

    const publicRoutes = this.#routeTable("public");
    this.#internetRoute(publicRoutes);
    this.publicSubnetIds = this.#tier("public", [publicRoutes, publicRoutes]);

    this.privateAppRouteTableIds = [this.#routeTable("private-app-1"), this.#routeTable("private-app-2")];
    this.privateAppSubnetIds = this.#tier("private-app", this.privateAppRouteTableIds);

    // A table without further routes reaches the VPC only.
    const databaseRoutes = this.#routeTable("private-db");
    this.privateDbSubnetIds = this.#tier("private-db", [databaseRoutes, databaseRoutes]);

    // The endpoint is free. Image layers and dumps bypass the NAT gateways, which charge for traffic.
    new VpcEndpoint(this, "s3", {
      vpcId: this.vpcId,
      serviceName: `com.amazonaws.${props.region}.s3`,
      vpcEndpointType: "Gateway",
      routeTableIds: [...this.privateAppRouteTableIds],
      tags: { Name: `${props.prefix}-s3` },
    });
  }

  #internetRoute(routeTableId: string): void {
    const gateway = new InternetGateway(this, "internet-gateway", {
      vpcId: this.vpcId,
      tags: { Name: `${this.#props.prefix}-igw` },
    });
    new Route(this, "internet-route", {
      routeTableId,
      destinationCidrBlock: "0.0.0.0/0",
      gatewayId: gateway.id,
    });
  }

  #routeTable(name: string): string {
    return new RouteTable(this, `${name}-routes`, {
      vpcId: this.vpcId,
      tags: { Name: `${this.#props.prefix}-${name}` },
    }).id;
  }

  #tier(tier: Tier, routeTableIds: PerZone<string>): PerZone<string> {
    return [this.#subnet(tier, 0, routeTableIds[0]), this.#subnet(tier, 1, routeTableIds[1])];
  }

  #subnet(tier: Tier, zone: (typeof zones)[number], routeTableId: string): string {
    const { prefix, cidrBlock, availabilityZones, subnets } = this.#props;
    const subnet = new Subnet(this, `${tier}-${zone + 1}`, {
      vpcId: this.vpcId,
      cidrBlock: Token.asString(
        conditional(
          subnets[tier].isUnset,
          Fn.cidrsubnet(cidrBlock, 8, firstSubnet[tier] + zone),
          Fn.element(subnets[tier].ranges, zone),
        ),
      ),
      availabilityZone: Token.asString(Fn.element(availabilityZones, zone)),
      mapPublicIpOnLaunch: false,
      tags: { Name: `${prefix}-${tier}-${zone + 1}`, Tier: tier },
    });
    new RouteTableAssociation(this, `${tier}-${zone + 1}-association`, { subnetId: subnet.id, routeTableId });
    return subnet.id;
  }
}
