/** Names: their lengths, and whether the name of a bucket is free. */
import { awsStatus } from "@pilot-light/core/aws/errors";
import { sdk } from "@pilot-light/core/aws/sdk";
import { failure, type Problem } from "@pilot-light/validate/check";
import type { AccountContext, AccountRule } from "../rule.ts";

/** Characters that AWS accepts at most, by type (the pages of each service on naming). */
const longest: Readonly<Record<string, number>> = {
  aws_cloudwatch_event_rule: 64,
  aws_db_instance: 63,
  aws_ecr_repository: 256,
  aws_ecs_cluster: 255,
  aws_ecs_service: 255,
  aws_iam_policy: 128,
  aws_iam_role: 64,
  aws_lb: 32,
  aws_lb_target_group: 32,
  aws_s3_bucket: 63,
  aws_ssm_document: 128,
};

export const nameLengthRule: AccountRule = {
  id: "name-lengths",
  title: "No name is longer than AWS accepts",
  actions: [],
  concerns: ({ names }) => names.length > 0,
  ask: (_context, { names }) => {
    const problems = names.flatMap(({ type, name }): Problem[] => {
      const limit = longest[type];
      if (limit === undefined || name.length <= limit) return [];
      const fix = {
        text: "Choose a shorter PROJECT_NAME, or a shorter value of the variable with this name.",
      };
      return [failure(`${type} ${name} has ${name.length} characters, and AWS accepts ${limit}`, fix)];
    });
    return Promise.resolve({ summary: `${names.length} names`, problems });
  },
};

export const bucketNameRule: AccountRule = {
  id: "bucket-names",
  title: "The names of the buckets that will be created are free",
  actions: ["s3:ListBucket"],
  concerns: ({ buckets }) => buckets.length > 0,
  async ask(context, { buckets }) {
    const found = await Promise.all(buckets.map((bucket) => problemOf(bucket, context)));
    return { summary: buckets.join(", "), problems: found.flat() };
  },
};

/** S3 answers 403 for a bucket of another account, and 301 for one in another region. No permission is needed for that answer. */
async function problemOf(bucket: string, { aws, signal }: AccountContext): Promise<Problem[]> {
  const { HeadBucketCommand } = sdk.s3();
  const client = await aws.s3();
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal: signal });
    const fix = {
      text: "Take it over. It is not in the Terraform state (docs/runbooks/existing-environment.md)",
      command: "pnpm infra:adopt --state <file>",
    };
    return [failure(`the bucket ${bucket} exists already`, fix)];
  } catch (error) {
    const status = awsStatus(error);
    if (status === 404) return [];
    if (status !== 403 && status !== 301) throw error;
    const fix = { text: "Choose another PROJECT_NAME, or use a role that may read the bucket." };
    return [failure(`the name of the bucket ${bucket} is taken, by another account or region`, fix)];
  }
}
