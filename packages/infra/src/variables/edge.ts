/** The variables of everything that is public: domain, load balancer, CDN. Also those of service discovery. */
import type { IResolvable } from "cdktf";
import type { CdnSettings } from "../constructs/cdn.ts";
import type { LoadBalancerSettings } from "../constructs/load-balancer.ts";
import type { VariableDefinitions } from "./definitions.ts";

export interface EdgeVariables {
  /** "" for no domain: the environment then uses the names that AWS assigns. */
  domainName: string;
  hasDomain: IResolvable;
  loadBalancer: LoadBalancerSettings;
  cdn: CdnSettings;
  serviceDiscovery: { namespace: string; ttlSeconds: number };
  efsInfrequentAccessDays: number;
}

export function edgeVariables(define: VariableDefinitions, namespace: string): EdgeVariables {
  return {
    domainName: define.text("domain_name", "", "Domain of the environment. Empty: no domain.", [
      'var.domain_name == "" || can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?[.])+[a-z]{2,}$", var.domain_name))',
      "domain_name must be a domain in lowercase, such as dev.example.com.",
    ]),
    hasDomain: define.isSet("domain_name"),
    loadBalancer: loadBalancer(define),
    cdn: cdn(define),
    serviceDiscovery: {
      namespace: define.text("private_dns_namespace", namespace, "Domain of the services inside the VPC.", [
        'can(regex("^[a-z0-9-]+([.][a-z0-9-]+)+$", var.private_dns_namespace))',
        "private_dns_namespace must be a domain such as shop.local.",
      ]),
      ttlSeconds: define.integer(
        "service_discovery_ttl",
        10,
        [1, 3600],
        "Seconds that a client may cache the address of a service.",
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
      frontend: path("frontend_health_check_path", "/", "Path of the frontend's health check."),
      backend: path("backend_health_check_path", "/api/health", "Path of the backend's health check."),
      grafana: path("grafana_health_check_path", "/api/health", "Path of Grafana's health check."),
    },
    healthCheck: {
      interval: define.integer("health_check_interval", 30, [5, 300], "Seconds between two health checks."),
      timeout: define.integer("health_check_timeout", 5, [2, 120], "Seconds that a health check may take.", [
        [
          "var.health_check_timeout < var.health_check_interval",
          "health_check_timeout must be less than health_check_interval.",
        ],
      ]),
      healthyThreshold: define.integer(
        "healthy_threshold",
        2,
        [2, 10],
        "Number of successful checks in a row after which a task is healthy.",
      ),
      unhealthyThreshold: define.integer(
        "unhealthy_threshold",
        3,
        [2, 10],
        "Number of failed checks in a row after which a task is unhealthy.",
      ),
    },
    idleTimeout: define.integer(
      "alb_idle_timeout",
      60,
      [1, 4000],
      "Seconds after which the load balancer closes an idle connection.",
    ),
    deregistrationDelay: define.integer(
      "deregistration_delay",
      30,
      [0, 3600],
      "Seconds that a stopping task has to finish its requests.",
    ),
  };
}

function cdn(define: VariableDefinitions): CdnSettings {
  return {
    priceClass: define.text(
      "cdn_price_class",
      "PriceClass_100",
      "CloudFront price class, which decides the edge locations.",
      [
        'contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.cdn_price_class)',
        "cdn_price_class must be PriceClass_100, PriceClass_200 or PriceClass_All.",
      ],
    ),
    ipv6: define.flag("cdn_enable_ipv6", true, "True: the environment is also reachable over IPv6."),
    originReadTimeout: define.integer(
      "cdn_origin_read_timeout",
      60,
      [1, 60],
      "Seconds that the CDN waits for an answer of the load balancer.",
    ),
  };
}
