/** Check: the AWS credentials are valid, and belong to the expected account. */
import type { Check } from "../check.ts";

export const awsCredentials: Check = {
  id: "aws-credentials",
  title: "The AWS credentials are valid and belong to the expected account",
  needs: [],
  actions: ["sts:GetCallerIdentity"],
  essential: true,
  async run({ reads }) {
    const { account, arn } = await reads.identity();
    return { summary: `account ${account} as ${arn.split(":").at(-1) ?? arn}`, details: [arn] };
  },
};
