import { expect, test } from "vitest";
import { parsePulledState } from "./pulled-state.ts";

/** As `terraform state pull` of terraform 1.11 prints it. */
const pulled = {
  version: 4,
  terraform_version: "1.11.4",
  serial: 7,
  lineage: "8f2c",
  outputs: {
    dev_activated: { value: false, type: "bool" },
    database_password: { value: "secret", type: "string", sensitive: true },
  },
  resources: [
    {
      mode: "managed",
      type: "aws_lb",
      name: "edge_lb_0A1B2C3D",
      provider: 'provider["registry.terraform.io/hashicorp/aws"]',
      instances: [{ index_key: 0, schema_version: 0, attributes: { subnets: ["a", "b"] } }],
    },
    { mode: "data", type: "aws_caller_identity", name: "current", instances: [{ attributes: {} }] },
  ],
  check_results: null,
};
const text = JSON.stringify(pulled);

test("one read has the version, the outputs and the managed resources", () => {
  expect(parsePulledState(text)).toEqual({
    version: "8f2c 7",
    lineage: "8f2c",
    outputs: { dev_activated: false, database_password: "secret" },
    resources: [
      {
        address: "aws_lb.edge_lb_0A1B2C3D[0]",
        module: undefined,
        type: "aws_lb",
        name: "edge_lb_0A1B2C3D",
        values: { subnets: ["a", "b"] },
      },
    ],
  });
});

test.each([{ serial: 8 }, { lineage: "91aa" }])("a state with another %j has another version", (change) => {
  const other = parsePulledState(JSON.stringify({ ...pulled, ...change }));
  expect(other.version).not.toBe(parsePulledState(text).version);
});

test("a stack that was never deployed has a version, and nothing else", () => {
  expect(parsePulledState("\n")).toEqual({ version: "none", outputs: {}, resources: [] });
});

test.each(["{}", "no JSON"])("%j is no state", (other) => {
  expect(() => parsePulledState(other)).toThrow();
});
