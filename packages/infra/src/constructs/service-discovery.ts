/** DNS names of the services inside the VPC (Cloud Map). Active mode only. */
import { ServiceDiscoveryPrivateDnsNamespace } from "@cdktf/provider-aws/lib/service-discovery-private-dns-namespace/index.js";
import { ServiceDiscoveryService } from "@cdktf/provider-aws/lib/service-discovery-service/index.js";
import { Construct } from "constructs";
import type { Gate } from "../gate.ts";
import type { ServiceName } from "../variables/services.ts";

export interface ServiceDiscoveryProps {
  active: Gate;
  namespace: string;
  ttlSeconds: number;
  vpcId: string;
}

export class ServiceDiscovery extends Construct {
  readonly registryArns: Readonly<Record<ServiceName, string>>;
  /** Output: the namespace's name. */
  readonly namespace: string;

  constructor(scope: Construct, id: string, props: ServiceDiscoveryProps) {
    super(scope, id);
    const { active, ttlSeconds } = props;
    const namespace = active.count(
      new ServiceDiscoveryPrivateDnsNamespace(this, "namespace", {
        name: props.namespace,
        description: "Services of the environment",
        vpc: props.vpcId,
      }),
    );
    const registry = (name: ServiceName): string =>
      active.count(
        new ServiceDiscoveryService(this, name, {
          name,
          dnsConfig: {
            namespaceId: namespace.id,
            routingPolicy: "MULTIVALUE",
            dnsRecords: [
              { type: "A", ttl: ttlSeconds },
              { type: "SRV", ttl: ttlSeconds },
            ],
          },
          // Otherwise an instance that ECS has not removed yet would block the deletion.
          forceDestroy: true,
        }),
      ).arn;
    this.registryArns = {
      frontend: registry("frontend"),
      backend: registry("backend"),
      prometheus: registry("prometheus"),
      grafana: registry("grafana"),
    };
    this.namespace = active.text(namespace.name);
  }
}
