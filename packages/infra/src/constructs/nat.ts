/** Connects the private-app subnets to the internet: a NAT gateway in each zone, or one for both. Active mode only. */
import { Eip } from "@cdktf/provider-aws/lib/eip/index.js";
import { NatGateway } from "@cdktf/provider-aws/lib/nat-gateway/index.js";
import { Route } from "@cdktf/provider-aws/lib/route/index.js";
import { type IResolvable, type ITerraformDependable, Op, Token, conditional } from "cdktf";
import { Construct } from "constructs";
import type { Gate } from "../gate.ts";
import type { zones } from "./network.ts";
import { type PerZone } from "./network.ts";

export interface NatProps {
  active: Gate;
  prefix: string;
  /** One gateway, in the first zone, for both zones. */
  single: IResolvable;
  publicSubnetIds: PerZone<string>;
  routeTableIds: PerZone<string>;
}

export class Nat extends Construct {
  /** Services depend on them: a task that starts earlier cannot pull its image. */
  readonly routes: readonly ITerraformDependable[];
  readonly #props: NatProps;

  constructor(scope: Construct, id: string, props: NatProps) {
    super(scope, id);
    this.#props = props;
    const first = this.#gateway(0, props.active);
    const second = this.#gateway(1, props.active.and(Op.not(props.single)));
    const ofSecondZone = Token.asString(conditional(props.single, first, second));
    this.routes = [this.#route(0, first), this.#route(1, ofSecondZone)];
  }

  #gateway(zone: (typeof zones)[number], gate: Gate): string {
    const tags = { Name: `${this.#props.prefix}-nat-${zone + 1}` };
    const address = gate.count(new Eip(this, `address-${zone + 1}`, { domain: "vpc", tags }));
    const gateway = new NatGateway(this, `gateway-${zone + 1}`, {
      allocationId: address.id,
      subnetId: this.#props.publicSubnetIds[zone],
      tags,
    });
    return gate.count(gateway).id;
  }

  #route(zone: (typeof zones)[number], natGatewayId: string): Route {
    const route = new Route(this, `route-${zone + 1}`, {
      routeTableId: this.#props.routeTableIds[zone],
      destinationCidrBlock: "0.0.0.0/0",
      natGatewayId,
    });
    return this.#props.active.count(route);
  }
}
