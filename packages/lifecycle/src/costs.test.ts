import { monthly, unitPrices } from "@pilot-light/core/prices";
import { expect, test } from "vitest";
import { costsOf } from "./costs.ts";
import type { Resource } from "./terraform/changes.ts";

const resource = (type: string, values: Resource["values"] = {}): Resource => ({
  address: `${type}.x`,
  type,
  values,
});
const service = (name: string, desired_count: number, strategy: unknown[] = []) =>
  resource("aws_ecs_service", { name, desired_count, capacity_provider_strategy: strategy });
const definition = (family: string, cpu: string, memory: string) =>
  resource("aws_ecs_task_definition", { family, cpu, memory });
const totalOf = (...resources: Resource[]) => costsOf(resources).total;

test("what has no price of its own costs nothing", () => {
  expect(costsOf([resource("aws_vpc"), resource("aws_s3_bucket")])).toEqual({
    total: 0,
    items: [],
    unknown: [],
  });
});

test("the dearest comes first, and the items are the total", () => {
  const { items, total } = costsOf([
    resource("aws_service_discovery_private_dns_namespace"),
    resource("aws_nat_gateway"),
    resource("aws_nat_gateway"),
  ]);
  expect(items.map(({ name }) => name)).toEqual(["2 NAT gateways", "1 private zone"]);
  expect(total).toBeCloseTo(2 * monthly(unitPrices.natGateway) + monthly(unitPrices.privateZone));
});

test("a public load balancer has an address in each of its subnets, an internal one has none", () => {
  const subnets = ["a", "b"];
  const balancer = (internal: boolean) => resource("aws_lb", { subnets, internal });
  const difference = totalOf(balancer(false)) - totalOf(balancer(true));
  expect(difference).toBeCloseTo(2 * monthly(unitPrices.publicAddress));
});

test("subnets that are not known before the apply do not stop the sum", () => {
  expect(totalOf(resource("aws_lb"))).toBeCloseTo(monthly(unitPrices.loadBalancer));
});

test("a second zone doubles a database, its secret stays one", () => {
  const database = (multi_az: boolean) =>
    totalOf(resource("aws_db_instance", { instance_class: "db.t3.micro", allocated_storage: 20, multi_az })) -
    monthly(unitPrices.secret);
  expect(database(true)).toBeCloseTo(2 * database(false));
});

test("a class without a known price is named, its storage counts", () => {
  const { total, unknown } = costsOf([
    resource("aws_db_instance", { instance_class: "db.x9.huge", allocated_storage: 100 }),
  ]);
  expect(unknown).toEqual(["the price of db.x9.huge"]);
  expect(total).toBeCloseTo(100 * monthly(unitPrices.databaseGigabyte) + monthly(unitPrices.secret));
});

test("tasks cost what their own definition asks for, times their number", () => {
  const { items } = costsOf([
    service("backend", 2),
    definition("backend", "512", "1024"),
    definition("other", "4096", "8192"),
  ]);
  const usd = 2 * (0.5 * monthly(unitPrices.fargateCpu) + monthly(unitPrices.fargateGigabyte));
  expect(items).toEqual([{ name: "2 Fargate tasks", usd: expect.closeTo(usd) as number }]);
});

test("Spot is cheaper, and a service without tasks costs nothing", () => {
  const spot = [{ capacity_provider: "FARGATE_SPOT", weight: 1 }];
  const task = definition("backend", "256", "512");
  expect(totalOf(service("backend", 1, spot), task)).toBeLessThan(totalOf(service("backend", 1), task));
  expect(totalOf(service("backend", 0), task)).toBe(0);
});
