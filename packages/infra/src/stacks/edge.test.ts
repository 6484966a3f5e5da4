/** What the synthesized Terraform contains for the load balancer, the CDN and the domain. */
import { describe, expect, it } from "vitest";
import { type Block, part, resource, resources, synthesized } from "../testing/synthesized.ts";

const document = synthesized();
const active = "${var.dev_activated ? 1 : 0}";
const activeWithDomain = '${(var.dev_activated && (var.domain_name != "")) ? 1 : 0}';

describe("the load balancer", () => {
  it("sends /api to the backend and Grafana's host to Grafana", () => {
    expect(resource(document, "aws_lb_listener_rule", "load-balancer/https-api")).toMatchObject({
      count: activeWithDomain,
      condition: [{ path_pattern: { values: ["/api", "/api/*"] } }],
      action: [{ target_group_arn: expect.stringContaining("backend-targets") as string }],
    });
    expect(resource(document, "aws_lb_listener_rule", "load-balancer/https-grafana")).toMatchObject({
      count: activeWithDomain,
      condition: [{ host_header: { values: ['${join("", ["grafana.", var.domain_name])}'] } }],
    });
  });

  it("answers 404 for paths of metrics on every host, before all other rules", () => {
    for (const listener of ["http", "https"]) {
      expect(
        resource(document, "aws_lb_listener_rule", `load-balancer/${listener}-without-metrics`),
      ).toMatchObject({
        count: listener === "http" ? active : activeWithDomain,
        priority: 10,
        condition: [
          {
            path_pattern: {
              values: ["/metrics", "/metrics/", "/api/metrics", "/api/metrics/", "/grafana/metrics"],
            },
          },
        ],
        action: [{ type: "fixed-response", fixed_response: { status_code: "404" } }],
      });
    }
    const others = resources(document, "aws_lb_listener_rule").filter(({ action }) =>
      (action as Block[]).every(({ type }) => type === "forward"),
    );
    for (const { priority } of others) expect(priority).toBeGreaterThan(10);
  });

  it("serves only HTTPS if there is a domain", () => {
    expect(resource(document, "aws_lb_listener", "load-balancer/https")).toMatchObject({
      count: activeWithDomain,
    });
    expect(resource(document, "aws_lb_listener_rule", "load-balancer/http-to-https")).toMatchObject({
      count: activeWithDomain,
      priority: 1,
      condition: [{ path_pattern: { values: ["/*"] } }],
      action: [{ type: "redirect", redirect: { protocol: "HTTPS", status_code: "HTTP_301" } }],
    });
  });

  it("has names that AWS accepts for the longest project name", () => {
    const long = synthesized({ project: "a-project-with-a-very-long-nam" });
    const names = [...resources(long, "aws_lb"), ...resources(long, "aws_lb_target_group")].map(
      ({ name }) => name,
    );
    expect(new Set(names).size).toBe(4);
    for (const name of names) expect(name).toMatch(/^dev-a-project[a-z0-9-]{0,18}[a-z0-9]$/);
  });
});

describe("the domain", () => {
  it("is empty by default, and no certificate exists then", () => {
    expect(part(document, "variable", "domain_name")).toMatchObject({ default: "" });
    expect(resources(document, "aws_acm_certificate")).toMatchObject([
      { count: '${(var.domain_name != "") ? 1 : 0}', validation_method: "DNS" },
    ]);
  });

  it("has its certificate issued before a listener or the CDN uses it", () => {
    const issued = /aws_acm_certificate_validation\.\S+\[0\]\.certificate_arn/;
    expect(resource(document, "aws_lb_listener", "load-balancer/https")["certificate_arn"]).toMatch(issued);
    expect(
      part(resource(document, "aws_cloudfront_distribution", "distribution"), "viewer_certificate"),
    ).toEqual({
      acm_certificate_arn: expect.stringMatching(issued) as string,
      cloudfront_default_certificate: '${!(var.domain_name != "")}',
      minimum_protocol_version: '${(var.domain_name != "") ? "TLSv1.2_2021" : "TLSv1"}',
      ssl_support_method: '${(var.domain_name != "") ? "sni-only" : null}',
    });
  });

  it("has a second certificate for the CDN if the environment is in another region", () => {
    const european = synthesized({ region: "eu-west-1" });
    expect(resource(european, "aws_acm_certificate", "edge/cdn-certificate/certificate")).toMatchObject({
      provider: "aws.cdn_region",
    });
    expect(part(european, "provider")["aws"]).toContainEqual(
      expect.objectContaining({ alias: "cdn_region", region: "us-east-1" }),
    );
  });
});

describe("the CDN", () => {
  const distribution = resource(document, "aws_cloudfront_distribution", "distribution");

  it("serves Grafana's domain as well: the load balancer accepts no other connections", () => {
    expect(distribution["aliases"]).toBe(
      '${(var.domain_name != "") ? [var.domain_name, join("", ["grafana.", var.domain_name])] : []}',
    );
  });

  const behaviors = [
    ...(distribution["ordered_cache_behavior"] as Block[]),
    distribution["default_cache_behavior"] as Block,
  ];

  it("sends /api and all paths below it to the backend without a cache, and caches files with hashed names", () => {
    const disabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
    expect(behaviors.map((each) => [each["path_pattern"], each["cache_policy_id"] === disabled])).toEqual([
      ["/api", true],
      ["/api/*", true],
      ["/_next/static/*", false],
      [undefined, false],
    ]);
  });

  it("forwards the host with every request: the certificate of the load balancer is that of the domain", () => {
    const allViewer = "216adef6-5c7f-47e4-b989-5492eafa07d3";
    for (const each of behaviors) expect(each).toMatchObject({ origin_request_policy_id: allViewer });
  });
});
