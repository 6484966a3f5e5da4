/** The VPC and the private-db subnets in two availability zones. The public and private-app tiers will join them. */
import { RouteTable } from "@cdktf/provider-aws/lib/route-table/index.js";
import { RouteTableAssociation } from "@cdktf/provider-aws/lib/route-table-association/index.js";
import { Subnet } from "@cdktf/provider-aws/lib/subnet/index.js";
import { Vpc } from "@cdktf/provider-aws/lib/vpc/index.js";
import { Fn, Token } from "cdktf";
import { Construct } from "constructs";

export interface NetworkSettings {
  cidrBlock: string;
  /** Exactly two; possibly a token, so never read by index here. */
  availabilityZones: string[];
}

export interface NetworkProps extends NetworkSettings {
  /** `dev-<project>`. */
  prefix: string;
}

/** First of the tier's two numbers among the 256 subnets the VPC's range has room for. */
const firstSubnet = { public: 0, "private-app": 10, "private-db": 20 } as const;
type Tier = keyof typeof firstSubnet;

export class Network extends Construct {
  readonly vpcId: string;
  readonly privateDbSubnetIds: string[];
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
    this.privateDbSubnetIds = this.#tier("private-db");
  }

  /** Two subnets with a route table of their own; without further routes it knows the VPC only. */
  #tier(tier: Tier): string[] {
    const { prefix, cidrBlock, availabilityZones } = this.#props;
    const routes = new RouteTable(this, `${tier}-routes`, {
      vpcId: this.vpcId,
      tags: { Name: `${prefix}-${tier}` },
    });
    return [0, 1].map((zone) => {
      const subnet = new Subnet(this, `${tier}-${zone + 1}`, {
        vpcId: this.vpcId,
        cidrBlock: Fn.cidrsubnet(cidrBlock, 8, firstSubnet[tier] + zone),
        availabilityZone: Token.asString(Fn.element(availabilityZones, zone)),
        mapPublicIpOnLaunch: false,
        tags: { Name: `${prefix}-${tier}-${zone + 1}`, Tier: tier },
      });
      new RouteTableAssociation(this, `${tier}-routes-${zone + 1}`, {
        subnetId: subnet.id,
        routeTableId: routes.id,
      });
      return subnet.id;
    });
  }
}
