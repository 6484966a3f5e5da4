/** Grafana, on its own domain or, without one, on the path `/grafana` of the load balancer. */
import { type IResolvable, Token, conditional } from "cdktf";
import { Construct } from "constructs";
import type { ServiceVolume } from "./container.ts";
import { FargateService, type ServicePlace, type ServicePlatform } from "./fargate-service.ts";
import { text } from "../text.ts";

export interface GrafanaProps {
  platform: ServicePlatform;
  place: ServicePlace;
  hasDomain: IResolvable;
  grafanaDomain: string;
  prometheusUrl: string;
  adminPasswordArn: string;
  volume: Omit<ServiceVolume, "path">;
}

export class Grafana extends Construct {
  readonly serviceName: string;

  constructor(scope: Construct, id: string, props: GrafanaProps) {
    super(scope, id);
    const { platform, place, hasDomain } = props;
    const whenDomain = (value: string, otherwise: string) =>
      Token.asString(conditional(hasDomain, value, otherwise));
    this.serviceName = new FargateService(this, "grafana", {
      name: "grafana",
      platform,
      ...place,
      container: {
        environment: {
          GF_SERVER_HTTP_PORT: text`${place.port}`,
          // Grafana's own template: it uses the host of the request.
          GF_SERVER_ROOT_URL: whenDomain(
            text`https://${props.grafanaDomain}/`,
            "%(protocol)s://%(domain)s/grafana/",
          ),
          GF_SERVER_SERVE_FROM_SUB_PATH: whenDomain("false", "true"),
          GF_USERS_ALLOW_SIGN_UP: "false",
          PROMETHEUS_URL: props.prometheusUrl,
        },
        secrets: { GF_SECURITY_ADMIN_PASSWORD: props.adminPasswordArn },
        volume: { ...props.volume, path: "/var/lib/grafana" },
      },
    }).serviceName;
  }
}
