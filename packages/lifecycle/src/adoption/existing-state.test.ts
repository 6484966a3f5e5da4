import { describe, expect, it } from "vitest";
import { parseExistingState } from "./existing-state.ts";

const pulled = {
  version: 4,
  terraform_version: "1.11.4",
  serial: 3,
  lineage: "1f0c",
  outputs: { dev_activated: { value: true, type: "bool" } },
  resources: [
    { mode: "data", type: "aws_region", name: "here", instances: [{ attributes: { id: "us-east-1" } }] },
    {
      module: 'module.service["a.b[0]"].module.inner[1]',
      mode: "managed",
      type: "aws_ecr_repository",
      name: "all",
      provider: 'provider["registry.terraform.io/hashicorp/aws"]',
      instances: [
        { index_key: "api", attributes: { name: "shop/api" } },
        { index_key: 'odd "key"', attributes: null },
        { index_key: "gone", deposed: "1a2b", attributes: { name: "shop/gone" } },
      ],
    },
    {
      mode: "managed",
      type: "aws_db_instance",
      name: "main",
      instances: [
        {
          index_key: 0,
          attributes: { identifier: "shop-dev-db", password: "hunter2" },
          sensitive_attributes: [[{ type: "get_attr", value: "password" }]],
        },
      ],
    },
  ],
};

const shown = {
  format_version: "1.0",
  values: {
    outputs: { dev_activated: { value: false, sensitive: false } },
    root_module: {
      resources: [
        { address: "data.aws_region.here", mode: "data", type: "aws_region", name: "here", values: {} },
      ],
      child_modules: [
        {
          address: "module.rds[0]",
          resources: [
            {
              address: 'module.rds[0].aws_db_instance.main["a"]',
              mode: "managed",
              type: "aws_db_instance",
              name: "main",
              index: "a",
              values: { identifier: "shop-dev-db", password: "hunter2", options: [{ key: "hunter2" }] },
              sensitive_values: { password: true, options: [{ key: true }], tags: {} },
            },
          ],
        },
      ],
    },
  },
};

describe("the JSON of `terraform state pull`", () => {
  const state = parseExistingState(pulled);

  it("gives the addresses of managed resources, with modules and keys", () => {
    expect(state?.resources.map(({ address }) => address)).toEqual([
      'module.service["a.b[0]"].module.inner[1].aws_ecr_repository.all["api"]',
      'module.service["a.b[0]"].module.inner[1].aws_ecr_repository.all["odd \\"key\\""]',
      "aws_db_instance.main[0]",
    ]);
  });

  it("gives the blocks without any index", () => {
    expect(new Set(state?.resources.map(({ block }) => block))).toEqual(
      new Set(["module.service.module.inner.aws_ecr_repository.all", "aws_db_instance.main"]),
    );
  });

  it("records the mode, and no sensitive value", () => {
    expect(state).toMatchObject({ active: true, lineage: "1f0c" });
    expect(JSON.stringify(state)).not.toContain("hunter2");
  });
});

describe("the JSON of `terraform show`", () => {
  it("gives the same resources, with no sensitive value at any depth", () => {
    expect(parseExistingState(shown)).toEqual({
      lineage: undefined,
      active: false,
      resources: [
        {
          address: 'module.rds[0].aws_db_instance.main["a"]',
          block: "module.rds.aws_db_instance.main",
          type: "aws_db_instance",
          values: { identifier: "shop-dev-db" },
        },
      ],
    });
  });
});

it.each([[{}], [[]], ["text"], [{ version: 3, modules: [] }], [{ format_version: "1.0" }]])(
  "%j is not a state",
  (document) => {
    expect(parseExistingState(document)).toBeUndefined();
  },
);
