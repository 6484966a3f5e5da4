/** Changes of a plan that RDS refuses, and those that it makes. */
import { expect, test } from "vitest";
import type { Action } from "../terraform/changes.ts";
import { impossibleChanges } from "./impossible-changes.ts";

const instance = { address: "aws_db_instance.d[0]", type: "aws_db_instance" };
const group = {
  address: "aws_db_subnet_group.g",
  type: "aws_db_subnet_group",
  values: { id: "g", subnet_ids: ["subnet-1"] },
};
const subnets = ["subnet-1", "subnet-2"].map((id) => ({
  address: `aws_subnet.${id}`,
  type: "aws_subnet",
  values: { id },
}));
const present = {
  engine_version: "18",
  engine_version_actual: "18.4",
  allocated_storage: 50,
  max_allocated_storage: 100,
};

/** A plan that changes the instance to these values. */
function changed(values: Record<string, unknown>, before: Record<string, unknown> = present) {
  return impossibleChanges({
    changes: [{ ...instance, action: "change", name: "d" }],
    before: [{ ...instance, values: before }],
    after: [{ ...instance, values: { ...before, ...values } }],
  });
}

test.each([
  [{ engine_version: "17" }, "engine_version 18.4 -> 17"],
  [{ engine_version: "18.3" }, "engine_version 18.4 -> 18.3"],
  [{ engine_version: "19" }, "engine_version 18.4 -> 19"],
  [{ allocated_storage: 20 }, "allocated_storage 50 -> 20"],
  [{ max_allocated_storage: 40 }, "max_allocated_storage 100 -> 40"],
])("RDS refuses %j", (values, attribute) => {
  expect(changed(values)).toMatchObject([{ address: instance.address, action: "change", attribute }]);
});

test.each([
  { engine_version: "18.4" },
  { engine_version: "18.10" },
  { allocated_storage: 60 },
  { max_allocated_storage: 55 },
  { instance_class: "db.t3.large" },
])("RDS accepts %j", (values) => {
  expect(changed(values)).toEqual([]);
});

test("a version that the state does not have is not compared", () => {
  expect(changed({ engine_version: "17" }, { allocated_storage: 20 })).toEqual([]);
});

/** A plan that does something to a resource of the network. */
function network(address: string, action: Action, ofInstance: readonly Action[] = []) {
  const change = { address, type: address.split(".")[0] ?? "", action, name: address };
  return impossibleChanges({
    changes: [
      { ...change, forcedBy: ["availability_zone"] },
      ...ofInstance.map((own) => ({ ...instance, action: own, name: "d" })),
    ],
    before: [{ ...instance, values: present }, group, ...subnets],
    after: [],
  });
}

test.each(["replace", "destroy"] as const)("%s of what the database is in is refused", (action) => {
  for (const address of ["aws_subnet.subnet-1", "aws_db_subnet_group.g"]) {
    expect(network(address, action)).toMatchObject([{ address, action, attribute: "availability_zone" }]);
  }
});

test("a subnet without the database, and a change in place, are not refused", () => {
  expect(network("aws_subnet.subnet-2", "replace")).toEqual([]);
  expect(network("aws_subnet.subnet-1", "change")).toEqual([]);
});

test("a plan that deletes the database may delete its network as well; the guards of the data decide", () => {
  expect(network("aws_subnet.subnet-1", "replace", ["destroy"])).toEqual([]);
  expect(network("aws_subnet.subnet-1", "replace", ["replace"])).toEqual([]);
});
