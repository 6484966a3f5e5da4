import { readFileSync } from "node:fs";
import { monthly, quietMonth, unitPrices } from "@pilot-light/core/prices";
import { expect, test } from "vitest";
import { costsOf } from "./costs.ts";
import type { Resource } from "../terraform/changes.ts";

const resource = (type: string, values: Resource["values"] = {}): Resource => ({
  address: `${type}.x`,
  type,
  values,
});
const service = (name: string, desired_count: number, strategy: unknown[] = []) =>
  resource("aws_ecs_service", { name, desired_count, capacity_provider_strategy: strategy });
const definition = (family: string, cpu: string, memory: string) =>
  resource("aws_ecs_task_definition", { family, cpu, memory });
const totalOf = (...resources: Resource[]) => costsOf(resources).totalUsd;

test("a resource without a price costs nothing", () => {
  expect(costsOf([resource("aws_vpc"), resource("aws_cloudwatch_log_group")])).toEqual({
    totalUsd: 0,
    items: [],
    usage: [],
    unknown: [],
  });
});

test("the most expensive item is the first, and the items add up to the total", () => {
  const { items, totalUsd } = costsOf([
    resource("aws_service_discovery_private_dns_namespace"),
    resource("aws_eip"),
    resource("aws_eip"),
    resource("aws_secretsmanager_secret"),
  ]);
  expect(items.map(({ name }) => name)).toEqual(["2 public addresses", "1 private zone", "1 secret"]);
  const usd = 2 * monthly(unitPrices.publicAddress) + monthly(unitPrices.privateZone);
  expect(totalUsd).toBeCloseTo(usd + monthly(unitPrices.secret));
});

test("a public load balancer has an address in each of its subnets, an internal one has none", () => {
  const subnets = ["a", "b"];
  const balancer = (internal: boolean) => resource("aws_lb", { subnets, internal });
  const difference = totalOf(balancer(false)) - totalOf(balancer(true));
  expect(difference).toBeCloseTo(2 * monthly(unitPrices.publicAddress));
});

test("a load balancer whose subnets are unknown before the apply is counted without addresses", () => {
  const use = quietMonth.loadBalancerUnits * monthly(unitPrices.loadBalancerUse);
  expect(totalOf(resource("aws_lb"))).toBeCloseTo(monthly(unitPrices.loadBalancer) + use);
});

test("a second zone doubles the cost of a database, but not of its secret", () => {
  const database = (multi_az: boolean) =>
    totalOf(resource("aws_db_instance", { instance_class: "db.t3.micro", allocated_storage: 20, multi_az })) -
    monthly(unitPrices.secret);
  expect(database(true)).toBeCloseTo(2 * database(false));
});

test("a class without a known price is reported, and its storage is counted", () => {
  const { totalUsd, unknown } = costsOf([
    resource("aws_db_instance", { instance_class: "db.x9.huge", allocated_storage: 100 }),
  ]);
  expect(unknown).toEqual(["the price of db.x9.huge"]);
  expect(totalUsd).toBeCloseTo(100 * monthly(unitPrices.databaseGigabyte) + monthly(unitPrices.secret));
});

test("the cost of tasks is that of their own definition, times their number", () => {
  const { items } = costsOf([
    service("backend", 2),
    definition("backend", "512", "1024"),
    definition("other", "4096", "8192"),
  ]);
  const usd = 2 * (0.5 * monthly(unitPrices.fargateCpu) + monthly(unitPrices.fargateGigabyte));
  expect(items[0]).toEqual({ name: "2 Fargate tasks", usd: expect.closeTo(usd) as number });
});

test("Spot is cheaper, and a service without tasks costs nothing", () => {
  const spot = [{ capacity_provider: "FARGATE_SPOT", weight: 1 }];
  const task = definition("backend", "256", "512");
  expect(totalOf(service("backend", 1, spot), task)).toBeLessThan(totalOf(service("backend", 1), task));
  expect(costsOf([service("backend", 0), task]).items.map(({ name }) => name)).toEqual(["logs, 1 GB"]);
});

test("Container Insights has a cost for each metric if it is enabled", () => {
  const cluster = (value: string) =>
    resource("aws_ecs_cluster", { setting: [{ name: "containerInsights", value }] });
  const services = ["frontend", "backend", "prometheus", "grafana"].map((name) => service(name, 0));
  const { items } = costsOf([cluster("disabled"), cluster("enabled"), ...services]);
  expect(items[0]).toEqual({ name: "76 metrics of Container Insights", usd: 22.8 });
  expect(totalOf(cluster("disabled"), ...services)).toBe(totalOf(...services));
});

test("an item that depends on use is marked, and counted once for all resources of its kind", () => {
  const { usage, totalUsd } = costsOf(
    ["a", "b"].flatMap(() => [resource("aws_s3_bucket"), resource("aws_ecr_repository")]),
  );
  expect(usage).toEqual(["images in ECR, 5 GB", "objects in S3, 5 GB"]);
  expect(totalUsd).toBe(0.61);
});

test("amounts are rounded to cents, and the total is the sum of the exact amounts", () => {
  const { items, totalUsd } = costsOf([resource("aws_lb"), resource("aws_s3_bucket")]);
  expect(items.map(({ usd }) => usd)).toEqual([16.43, 0.58, 0.11]);
  // 16.425 + 0.584 + 0.115
  expect(totalUsd).toBe(17.12);
});

test("the README's table has the same sums", () => {
  const times = (count: number, ...resources: Resource[]) =>
    Array.from({ length: count }, () => resources).flat();
  // The secret is the one with the URL of Neon, for syncs inside AWS.
  const storage = [
    ...times(4, resource("aws_ecr_repository")),
    ...times(2, resource("aws_s3_bucket")),
    resource("aws_secretsmanager_secret"),
  ];
  const database = resource("aws_db_instance", { instance_class: "db.t3.micro", allocated_storage: 20 });
  const active = (gateways: number, strategy: unknown[]) => [
    ...storage,
    database,
    ...times(gateways, resource("aws_nat_gateway"), resource("aws_eip")),
    resource("aws_lb", { subnets: ["a", "b"], internal: false }),
    ...[
      ["frontend", 2],
      ["backend", 2],
      ["prometheus", 1],
      ["grafana", 1],
    ].flatMap(([name, count]) => [
      service(String(name), Number(count), strategy),
      Number(count) === 2 ? definition(String(name), "256", "512") : definition(String(name), "512", "1024"),
    ]),
    resource("aws_service_discovery_private_dns_namespace"),
    resource("aws_efs_file_system"),
    resource("aws_secretsmanager_secret"),
  ];
  const sums = [
    [...storage, database],
    storage,
    active(2, []),
    active(1, [{ capacity_provider: "FARGATE_SPOT" }]),
  ].map((resources) => costsOf(resources).totalUsd.toFixed(2));
  const readme = readFileSync(new URL("../../../../README.md", import.meta.url), "utf8");
  expect(
    /^\| USD +\|(?<sums>.*)\|$/m
      .exec(readme)
      ?.groups?.["sums"]?.split("|")
      .map((sum) => sum.trim()),
  ).toEqual(sums);
});
