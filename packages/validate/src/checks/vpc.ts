/** Check: the VPC of the outputs exists and is available. */
import { awsErrorName } from "@pilot-light/core/aws/errors";
import type { Check } from "../check.ts";
import { failure, transient } from "../check.ts";
import { requireOutput } from "../reads.ts";
import { sdk } from "@pilot-light/core/aws/sdk";

export const vpc: Check = {
  id: "vpc",
  title: "The VPC exists and is available",
  needs: ["aws-credentials", "terraform-outputs"],
  actions: ["ec2:DescribeVpcs"],
  async run({ aws, reads, signal }) {
    const id = requireOutput(await reads.outputs(), "vpc_id");
    const { DescribeVpcsCommand } = sdk.ec2();
    const ec2 = await aws.ec2();
    const { Vpcs = [] } = await ec2
      .send(new DescribeVpcsCommand({ VpcIds: [id] }), { abortSignal: signal })
      .catch((error: unknown) => {
        if (awsErrorName(error) === "InvalidVpcID.NotFound") return { Vpcs: [] };
        throw error;
      });
    const [found] = Vpcs;
    const fix = { text: "Show what Terraform would change", command: "pnpm infra:diff" };
    if (found === undefined) {
      return { summary: "missing", problems: [failure(`there is no VPC ${id}`, fix)] };
    }
    const { State: state = "unknown", CidrBlock = "" } = found;
    const summary = `${id} ${state}, ${CidrBlock}`;
    if (state === "available") return { summary };
    const problem = state === "pending" ? transient : failure;
    return { summary, problems: [problem(`the VPC has state ${state}`, fix)] };
  },
};
