import { expect, test } from "vitest";
import { estimateMinutes, usualMinutes } from "./durations.ts";
import type { Action } from "../terraform/changes.ts";

const change = (type: string, action: Action) => ({ address: `${type}.x`, type, action, name: type });

test("without changes nothing takes time", () => {
  expect(estimateMinutes([])).toBe(0);
});

test("quick resources take a minute together", () => {
  expect(estimateMinutes([change("aws_subnet", "create"), change("aws_vpc", "create")])).toBe(1);
});

test("durations of resources that Terraform creates in parallel are not added up", () => {
  const database = change("aws_db_instance", "create");
  const alone = estimateMinutes([database]);
  expect(estimateMinutes([database, change("aws_nat_gateway", "create")])).toBe(alone);
});

test("the duration of a resource is added to that of the resource it waits for", () => {
  const balancer = estimateMinutes([change("aws_lb", "create")]);
  const distribution = usualMinutes("aws_cloudfront_distribution", "create") ?? 0;
  const both = [change("aws_lb", "create"), change("aws_cloudfront_distribution", "create")];
  expect(estimateMinutes(both)).toBe(balancer + distribution);
});

test("a replacement takes the time of a deletion and of a creation, a change in place none", () => {
  const create = usualMinutes("aws_db_instance", "create") ?? 0;
  const destroy = usualMinutes("aws_db_instance", "delete") ?? 0;
  expect(estimateMinutes([change("aws_db_instance", "replace")])).toBe(create + destroy + 1);
  expect(estimateMinutes([change("aws_db_instance", "change")])).toBe(1);
});

test("Terraform's word for an action gives the same time as the plan's", () => {
  expect(usualMinutes("aws_lb", "delete")).toBe(usualMinutes("aws_lb", "destroy"));
  expect(usualMinutes("aws_lb", "update")).toBeUndefined();
});
