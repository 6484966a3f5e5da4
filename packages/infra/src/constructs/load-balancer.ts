/** The load balancer behind CloudFront: forwards `/api` to the backend, Grafana's host or path to Grafana, the rest to the frontend. Active mode only. */
import {
  LbListenerRule,
  type LbListenerRuleCondition,
} from "@cdktf/provider-aws/lib/lb-listener-rule/index.js";
import { LbListener } from "@cdktf/provider-aws/lib/lb-listener/index.js";
import { LbTargetGroup } from "@cdktf/provider-aws/lib/lb-target-group/index.js";
import { Lb } from "@cdktf/provider-aws/lib/lb/index.js";
import { type ITerraformDependable, Token } from "cdktf";
import { Construct } from "constructs";
import type { Gate } from "../gate.ts";
import { limitedName } from "../limited-name.ts";

export const publicServices = ["frontend", "backend", "grafana"] as const;
export type PublicService = (typeof publicServices)[number];

/** The paths of the backend: `/api/*` does not match `/api`. */
export const apiPaths = ["/api", "/api/*"] as const;

/**
 * Paths of metrics, which Prometheus reads inside the VPC. A rule can have five values. Patterns are case-sensitive: an application that ignores
 * the case of paths still answers to other spellings.
 */
const metricsPaths = ["/metrics", "/metrics/", "/api/metrics", "/api/metrics/", "/grafana/metrics"] as const;

export interface LoadBalancerSettings {
  healthPaths: Readonly<Record<PublicService, string>>;
  healthCheck: { interval: number; timeout: number; healthyThreshold: number; unhealthyThreshold: number };
  idleTimeout: number;
  deregistrationDelay: number;
}

export interface LoadBalancerProps extends LoadBalancerSettings {
  active: Gate;
  /** In active mode with a domain, whose certificate is issued. */
  activeWithDomain: Gate;
  prefix: string;
  vpcId: string;
  subnetIds: readonly string[];
  securityGroupId: string;
  certificateArn: string;
  grafanaDomain: string;
  ports: Readonly<Record<PublicService, number>>;
}

export class LoadBalancer extends Construct {
  readonly targetGroupArns: Readonly<Record<PublicService, string>>;
  /** Must exist before a service registers tasks, and be deleted only after the service. */
  readonly routes: readonly ITerraformDependable[];
  /** For resources of the active mode; outputs use `dnsName` and `arn`. */
  readonly originName: string;
  readonly dnsName: string;
  readonly arn: string;
  readonly #props: LoadBalancerProps;

  constructor(scope: Construct, id: string, props: LoadBalancerProps) {
    super(scope, id);
    this.#props = props;
    const { active } = props;
    const balancer = active.count(
      new Lb(this, "balancer", {
        name: limitedName(props.prefix, "alb"),
        loadBalancerType: "application",
        internal: false,
        subnets: [...props.subnetIds],
        securityGroups: [props.securityGroupId],
        idleTimeout: props.idleTimeout,
        dropInvalidHeaderFields: true,
        // It contains no data, and a deactivation must be able to delete it.
        enableDeletionProtection: false,
      }),
    );
    this.targetGroupArns = {
      frontend: this.#targetGroup("frontend"),
      backend: this.#targetGroup("backend"),
      grafana: this.#targetGroup("grafana"),
    };
    this.routes = [...this.#http(balancer.arn), ...this.#https(balancer.arn)];
    this.originName = balancer.dnsName;
    this.dnsName = active.text(balancer.dnsName);
    this.arn = active.text(balancer.arn);
  }

  #targetGroup(name: PublicService): string {
    const { active, healthCheck, healthPaths, prefix, ports, vpcId, deregistrationDelay } = this.#props;
    const group = new LbTargetGroup(this, `${name}-targets`, {
      name: limitedName(prefix, `${name}-tg`),
      port: ports[name],
      protocol: "HTTP",
      targetType: "ip",
      vpcId,
      deregistrationDelay: Token.asString(deregistrationDelay),
      healthCheck: {
        path: healthPaths[name],
        protocol: "HTTP",
        // On a path, Grafana answers with a redirect to that path.
        matcher: name === "grafana" ? "200-399" : "200-299",
        ...healthCheck,
      },
    });
    return active.count(group).arn;
  }

  /** Without a domain it serves the whole environment; with a domain it only redirects to HTTPS. */
  #http(loadBalancerArn: string): ITerraformDependable[] {
    const { active, activeWithDomain } = this.#props;
    const listener = active.count(
      new LbListener(this, "http", {
        loadBalancerArn,
        port: 80,
        protocol: "HTTP",
        defaultAction: [{ type: "forward", targetGroupArn: this.targetGroupArns.frontend }],
      }),
    );
    const redirect = new LbListenerRule(this, "http-to-https", {
      listenerArn: listener.arn,
      priority: 1,
      condition: [{ pathPattern: { values: ["/*"] } }],
      action: [{ type: "redirect", redirect: { port: "443", protocol: "HTTPS", statusCode: "HTTP_301" } }],
    });
    activeWithDomain.count(redirect);
    return [
      listener,
      this.#withoutMetrics("http", active, listener.arn),
      this.#rule("http-api", active, listener.arn, 100, "backend", {
        pathPattern: { values: [...apiPaths] },
      }),
      this.#rule("http-grafana", active, listener.arn, 110, "grafana", {
        pathPattern: { values: ["/grafana", "/grafana/*"] },
      }),
    ];
  }

  #https(loadBalancerArn: string): ITerraformDependable[] {
    const { activeWithDomain, certificateArn, grafanaDomain } = this.#props;
    const listener = activeWithDomain.count(
      new LbListener(this, "https", {
        loadBalancerArn,
        port: 443,
        protocol: "HTTPS",
        sslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
        certificateArn,
        defaultAction: [{ type: "forward", targetGroupArn: this.targetGroupArns.frontend }],
      }),
    );
    return [
      listener,
      this.#withoutMetrics("https", activeWithDomain, listener.arn),
      // Before /api, because Grafana has paths below /api as well.
      this.#rule("https-grafana", activeWithDomain, listener.arn, 90, "grafana", {
        hostHeader: { values: [grafanaDomain] },
      }),
      this.#rule("https-api", activeWithDomain, listener.arn, 100, "backend", {
        pathPattern: { values: [...apiPaths] },
      }),
    ];
  }

  /** Before all other rules, on every host. */
  #withoutMetrics(listener: "http" | "https", gate: Gate, listenerArn: string): LbListenerRule {
    const response = { contentType: "text/plain", messageBody: "Not found", statusCode: "404" };
    return gate.count(
      new LbListenerRule(this, `${listener}-without-metrics`, {
        listenerArn,
        priority: 10,
        condition: [{ pathPattern: { values: [...metricsPaths] } }],
        action: [{ type: "fixed-response", fixedResponse: response }],
      }),
    );
  }

  #rule(
    id: string,
    gate: Gate,
    listenerArn: string,
    priority: number,
    target: PublicService,
    condition: LbListenerRuleCondition,
  ): LbListenerRule {
    const action = [{ type: "forward", targetGroupArn: this.targetGroupArns[target] }];
    return gate.count(
      new LbListenerRule(this, id, { listenerArn, priority, condition: [condition], action }),
    );
  }
}
