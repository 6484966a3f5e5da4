/** Check: the bucket for database dumps exists, is private and encrypted, and deletes dumps after 30 days. */
import type { LifecycleRule } from "@aws-sdk/client-s3";
import { awsErrorName, awsStatus } from "@pilot-light/core/aws/errors";
import { awsAccessDenied } from "@pilot-light/core/errors";
import type { Check, CheckContext, Problem } from "../check.ts";
import { failure, warning } from "../check.ts";
import type { Fix } from "../fix.ts";
import { sdk } from "@pilot-light/core/aws/sdk";

const deploy: Fix = { text: "Deploy the bucket as infra defines it", deploy: true };
const retentionDays = 30;

export const backupsBucket: Check = {
  id: "backups-bucket",
  title: "The bucket for database dumps exists, is private and encrypted, and deletes dumps after 30 days",
  needs: ["aws-credentials"],
  actions: [
    "s3:ListBucket",
    "s3:GetLifecycleConfiguration",
    "s3:GetEncryptionConfiguration",
    "s3:GetBucketPublicAccessBlock",
  ],
  async run(context) {
    const bucket = context.names.backupsBucket;
    if (!(await exists(context, bucket))) {
      return { summary: "missing", problems: [failure(`there is no bucket ${bucket}`, deploy)] };
    }
    const problems = await Promise.all([
      checkPublicAccess(context, bucket),
      checkEncryption(context, bucket),
      checkLifecycle(context, bucket),
    ]);
    return {
      summary: problems.flat().length === 0 ? `${bucket}: private, encrypted, ${retentionDays} days` : bucket,
      problems: problems.flat(),
    };
  },
};

async function exists({ aws, reads, signal }: CheckContext, bucket: string): Promise<boolean> {
  const { HeadBucketCommand } = sdk.s3();
  const { account } = await reads.identity();
  const s3 = await aws.s3();
  try {
    await s3.send(new HeadBucketCommand({ Bucket: bucket, ExpectedBucketOwner: account }), {
      abortSignal: signal,
    });
    return true;
  } catch (error) {
    if (awsStatus(error) === 404) return false;
    // The response to HEAD has no body, and so no reason.
    if (awsStatus(error) === 403) {
      const facts = {
        attempt: `Cannot read the bucket ${bucket}`,
        reason: "The bucket may belong to another account.",
      };
      throw awsAccessDenied(facts, { cause: error });
    }
    throw error;
  }
}

async function checkPublicAccess({ aws, signal }: CheckContext, bucket: string): Promise<Problem[]> {
  const { GetPublicAccessBlockCommand } = sdk.s3();
  const s3 = await aws.s3();
  const reply = await s3
    .send(new GetPublicAccessBlockCommand({ Bucket: bucket }), { abortSignal: signal })
    .catch(absent("NoSuchPublicAccessBlockConfiguration"));
  const { BlockPublicAcls, BlockPublicPolicy, IgnorePublicAcls, RestrictPublicBuckets } =
    reply?.PublicAccessBlockConfiguration ?? {};
  const blocks = { BlockPublicAcls, BlockPublicPolicy, IgnorePublicAcls, RestrictPublicBuckets };
  const open = Object.entries(blocks).flatMap(([name, set]) => (set === true ? [] : [name]));
  return open.length === 0 ? [] : [failure(`public access is not blocked: ${open.join(", ")}`, deploy)];
}

async function checkEncryption({ aws, signal }: CheckContext, bucket: string): Promise<Problem[]> {
  const { GetBucketEncryptionCommand } = sdk.s3();
  const s3 = await aws.s3();
  const reply = await s3
    .send(new GetBucketEncryptionCommand({ Bucket: bucket }), { abortSignal: signal })
    .catch(absent("ServerSideEncryptionConfigurationNotFoundError"));
  const rules = reply?.ServerSideEncryptionConfiguration?.Rules ?? [];
  const encrypts = rules.some((rule) => rule.ApplyServerSideEncryptionByDefault?.SSEAlgorithm !== undefined);
  return encrypts ? [] : [failure("the bucket does not encrypt dumps by default", deploy)];
}

async function checkLifecycle({ aws, signal }: CheckContext, bucket: string): Promise<Problem[]> {
  const { GetBucketLifecycleConfigurationCommand } = sdk.s3();
  const s3 = await aws.s3();
  const reply = await s3
    .send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }), { abortSignal: signal })
    .catch(absent("NoSuchLifecycleConfiguration"));
  const days = (reply?.Rules ?? []).filter(isForAll).flatMap(({ Expiration }) => Expiration?.Days ?? []);
  if (days.includes(retentionDays)) return [];
  const found =
    days.length === 0 ? "no rule deletes old dumps" : `dumps are deleted after ${days.join(" and ")} days`;
  return [warning(`${found}; expected: after ${retentionDays} days`, deploy)];
}

/** Whether a rule is enabled and applies to every object. */
function isForAll({ Status, Filter }: LifecycleRule): boolean {
  if (Status !== "Enabled") return false;
  const { Prefix = "", ...narrower } = Filter ?? {};
  return Prefix === "" && Object.values(narrower).every((value) => value === undefined);
}

/** Undefined for the exception that means "not configured". */
function absent(name: string) {
  return (error: unknown): undefined => {
    if (awsErrorName(error) === name) return undefined;
    throw error;
  };
}
