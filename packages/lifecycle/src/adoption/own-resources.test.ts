import { expect, it } from "vitest";
import { parseOwnResources } from "./own-resources.ts";

const plan = {
  planned_values: {
    root_module: {
      resources: [
        { address: "data.aws_region.here", mode: "data", type: "aws_region", values: {} },
        {
          address: "aws_vpc.network_vpc_4E8F0223",
          mode: "managed",
          type: "aws_vpc",
          values: { cidr_block: "10.0.0.0/16" },
        },
        { address: "aws_lb.edge_0A[0]", mode: "managed", type: "aws_lb", values: {} },
      ],
    },
  },
  configuration: {
    root_module: {
      resources: [
        {
          address: "aws_vpc.network_vpc_4E8F0223",
          expressions: { cidr_block: { references: ["var.vpc_cidr"] } },
        },
        {
          address: "aws_lb.edge_0A",
          expressions: {
            name: { constant_value: "dev-shop-alb" },
            vpc_id: { references: ["aws_vpc.network_vpc_4E8F0223.id", "aws_vpc.network_vpc_4E8F0223"] },
            target: { references: ["aws_lb.other-b_1B[0].arn", "aws_lb.other-b_1B[0]", "aws_lb.other-b_1B"] },
            either: { references: ["aws_eip.a[0].id", "aws_eip.a[0]", "aws_eip.b[0].id", "aws_eip.b[0]"] },
            account: {
              references: ["data.aws_caller_identity.here.account_id", "data.aws_caller_identity.here"],
            },
            blocks: [{ references: ["var.x"] }],
          },
        },
      ],
    },
  },
};
const configuration = {
  variable: { api_key: { sensitive: true } },
  resource: {
    aws_vpc: { network_vpc_4E8F0223: { cidr_block: "${var.vpc_cidr}", enable_dns_support: true } },
    aws_lb: {
      edge_0A: {
        zone: "${element(var.availability_zones, 1)}",
        range: "${(length(var.ranges) == 0) ? cidrsubnet(var.vpc_cidr, 8, 1) : element(var.ranges, 0)}",
        derived: "${cidrsubnet(var.vpc_cidr, 8, 10)}",
        key: "${var.api_key}",
      },
    },
  },
};

it("finds what each attribute refers to, and the one variable that decides it", () => {
  const [vpc, balancer, ...others] = parseOwnResources(plan, configuration);
  expect(others).toEqual([]);
  expect(vpc?.variables).toEqual(new Map([["cidr_block", { name: "vpc_cidr", index: undefined }]]));
  expect(balancer?.references).toEqual(
    new Map([
      ["vpc_id", { address: "aws_vpc.network_vpc_4E8F0223", attribute: "id" }],
      ["target", { address: "aws_lb.other-b_1B[0]", attribute: "arn" }],
    ]),
  );
  // Not a secret, and not a value that is only derived from a variable.
  expect(balancer?.variables).toEqual(
    new Map([
      ["zone", { name: "availability_zones", index: 1 }],
      ["range", { name: "ranges", index: 0 }],
    ]),
  );
});
