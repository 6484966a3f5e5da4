/** Variables of what the outside sees: domain, load balancer, CDN, and the names inside. */
import type { IResolvable } from "cdktf";
import type { CdnSettings } from "../constructs/cdn.ts";
import type { LoadBalancerSettings } from "../constructs/load-balancer.ts";
import type { VariableDefinitions } from "./definitions.ts";

export interface EdgeVariables {
  /** "" for none: everything then works on the names that AWS gives. */
  domainName: string;
  hasDomain: IResolvable;
  loadBalancer: LoadBalancerSettings;
  cdn: CdnSettings;
  serviceDiscovery: { namespace: string; ttlSeconds: number };
  efsInfrequentAccessDays: number;
}

export function edgeVariables(define: VariableDefinitions, namespace: string): EdgeVariables {
  return {
    domainName: define.text("domain_name", "", "Domain of the environment; empty for none.", [
      'var.domain_name == "" || can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?[.])+[a-z]{2,}$", var.domain_name))',
      "domain_name must be a lower-case domain such as dev.example.com.",
    ]),
    hasDomain: define.isSet("domain_name"),
    loadBalancer: loadBalancer(define),
    cdn: cdn(define),
    serviceDiscovery: {
      namespace: define.text(
        "private_dns_namespace",
        namespace,
        "Domain by which the services find each other inside the VPC.",
        [
          'can(regex("^[a-z0-9-]+([.][a-z0-9-]+)+$", var.private_dns_namespace))',
          "private_dns_namespace must be like shop.local.",
        ],
      ),
      ttlSeconds: define.integer(
        "service_discovery_ttl",
        10,
        [1, 3600],
        "Seconds an address of a service may be remembered.",
      ),
    },
    efsInfrequentAccessDays: define.choice(
      "efs_transition_to_ia_days",
      14,
      [7, 14, 30, 60, 90],
      "Days without access after which a file moves to cheaper storage.",
    ),
  };
}

function loadBalancer(define: VariableDefinitions): LoadBalancerSettings {
  const path = (name: string, value: string, description: string) =>
    define.text(name, value, description, [
      `can(regex("^/[!-~]*$", var.${name}))`,
      `${name} must be a path that starts with a slash.`,
    ]);
  return {
    healthPaths: {
      frontend: path("frontend_health_check_path", "/", "Path by which the frontend's health is checked."),
      backend: path(
        "backend_health_check_path",
        "/api/health",
        "Path by which the backend's health is checked.",
      ),
      grafana: path("grafana_health_check_path", "/api/health", "Path by which Grafana's health is checked."),
    },
    healthCheck: {
      interval: define.integer("health_check_interval", 30, [5, 300], "Seconds between two health checks."),
      timeout: define.integer("health_check_timeout", 5, [2, 120], "Seconds a health check may take."),
      healthyThreshold: define.integer(
        "healthy_threshold",
        2,
        [2, 10],
        "Good checks in a row that make a task healthy.",
      ),
      unhealthyThreshold: define.integer(
        "unhealthy_threshold",
        3,
        [2, 10],
        "Bad checks in a row that make a task unhealthy.",
      ),
    },
    idleTimeout: define.integer("alb_idle_timeout", 60, [1, 4000], "Seconds an idle connection is kept."),
    deregistrationDelay: define.integer(
      "deregistration_delay",
      30,
      [0, 3600],
      "Seconds a task that is stopped may finish its requests.",
    ),
  };
}

function cdn(define: VariableDefinitions): CdnSettings {
  return {
    priceClass: define.text(
      "cdn_price_class",
      "PriceClass_100",
      "Edge locations that serve the environment.",
      [
        'contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.cdn_price_class)',
        "cdn_price_class must be PriceClass_100, PriceClass_200 or PriceClass_All.",
      ],
    ),
    ipv6: define.flag("cdn_enable_ipv6", true, "Serves the environment over IPv6, too."),
    originReadTimeout: define.integer(
      "cdn_origin_read_timeout",
      60,
      [1, 60],
      "Seconds the load balancer may take to answer the CDN.",
    ),
  };
}
