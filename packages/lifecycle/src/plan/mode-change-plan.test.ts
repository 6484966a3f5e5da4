import { expect, test } from "vitest";
import { makeModeChangePlan } from "./mode-change-plan.ts";
import type { Action, Resource } from "../terraform/changes.ts";

const change = (address: string, action: Action) => ({
  address,
  type: address.split(".")[0] ?? "",
  action,
  name: `the ${address}`,
});
const resource = (address: string): Resource => ({ address, type: address.split(".")[0] ?? "", values: {} });

const plan = makeModeChangePlan({
  command: "deactivate",
  environment: "shop-dev",
  region: "us-east-1",
  from: "active",
  steps: ["deploy"],
  images: [],
  sync: null,
  deactivateAt: null,
  notes: [],
  contents: {
    changes: [
      change("aws_nat_gateway.a", "destroy"),
      change("aws_nat_gateway.b", "destroy"),
      change("aws_efs_file_system.metrics", "destroy"),
      change("aws_db_instance.db", "replace"),
      change("aws_security_group.db", "change"),
    ],
    before: ["aws_nat_gateway.a", "aws_nat_gateway.b"].map(resource),
    after: ["aws_db_instance.db", "aws_security_group.db", "aws_s3_bucket.backups"].map(resource),
    digest: "d",
  },
});

test("changes are counted by action and by type", () => {
  expect(plan.terraform).toMatchObject({
    create: {},
    change: { aws_security_group: 1 },
    replace: { aws_db_instance: 1 },
    destroy: { aws_nat_gateway: 2, aws_efs_file_system: 1 },
  });
});

test("resources that are deleted with their data are named, whether replaced or destroyed", () => {
  expect(plan.terraform.dataLost.map(({ name }) => name)).toEqual([
    "the aws_efs_file_system.metrics",
    "the aws_db_instance.db",
  ]);
});

test("a resource that is changed in place is kept, a replaced one is not", () => {
  expect(plan.terraform.kept).toEqual({ aws_s3_bucket: 1, aws_security_group: 1 });
});

test("costs are those of the resources before and after", () => {
  expect(plan.monthlyCosts.before.totalUsd).toBeGreaterThan(plan.monthlyCosts.after.totalUsd);
});
