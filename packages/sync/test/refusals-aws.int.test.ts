/** Refusals because of AWS: credentials, account, bucket, secret. */
import { createBucket, removeBucket } from "@pilot-light/sandbox/aws/resources";
import { freePort } from "@pilot-light/sandbox/ports";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { afterAll, beforeAll, describe, test } from "vitest";
import { awsProxy, awsWithSecret, type AwsRequest } from "./proxies.ts";
import { expectRefusal, footprint, outputsFile, type Refusal } from "./untouched.ts";

let pair: Pair;
let before: unknown;

beforeAll(async () => {
  pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  before = await footprint(pair);
});
afterAll(() => pair.dispose());

async function refused(refusal: Refusal, env: Record<string, string | undefined> = {}, args: string[] = []) {
  await expectRefusal(pair, before, ["rds-to-neon", "--yes", ...args], refusal, { env });
}

const asksWho = ({ body }: AwsRequest) => body.includes("Action=GetCallerIdentity");

describe.concurrent("credentials", () => {
  test("that are missing", async () => {
    const env = {
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
      AWS_EC2_METADATA_DISABLED: "true",
    };
    await refused({ exit: 7, code: "AWS_CREDENTIALS", says: ["credentials", "aws sso login"] }, env);
  });

  test("that have expired", async () => {
    await using aws = await awsProxy(pair, (request) => {
      if (!asksWho(request)) return undefined;
      const error =
        "<Code>ExpiredToken</Code><Message>The security token included in the request is expired</Message>";
      return {
        status: 403,
        body: `<ErrorResponse><Error><Type>Sender</Type>${error}</Error></ErrorResponse>`,
      };
    });
    const says = ["expired", "ExpiredToken", "aws sso login"];
    await refused({ exit: 7, code: "AWS_CREDENTIALS", says }, { AWS_ENDPOINT_URL: aws.url });
  });

  test("of an account other than the configured one", async () => {
    const env = { PILOT_LIGHT_ACCOUNT_ID: "999999999999" };
    await refused(
      { exit: 4, code: "WRONG_ACCOUNT", says: ["999999999999", "123456789012", "AWS_PROFILE"] },
      env,
    );
  });

  test("cannot be checked because AWS does not answer", async () => {
    const env = { AWS_ENDPOINT_URL: `http://127.0.0.1:${await freePort()}` };
    await refused({ exit: 7, code: "AWS_FAILED", says: ["AWS account", "ECONNREFUSED"] }, env);
  });
});

describe.concurrent("the bucket", () => {
  const named = (bucket: string) =>
    outputsFile(pair, (outputs) => ({ ...outputs, db_backups_bucket_name: bucket }));

  test("that does not exist", async () => {
    const says = [`${pair.project}-nowhere`, "pnpm infra:deploy"];
    const args = ["--outputs-file", await named(`${pair.project}-nowhere`)];
    await refused({ exit: 7, code: "BUCKET_MISSING", says }, {}, args);
    await refused({ exit: 7, code: "BUCKET_MISSING", says }, {}, [...args, "--dry-run"]);
  });

  test("that belongs to somebody else", async () => {
    // In the emulator, every account may use every bucket, so the proxy gives the answer of S3.
    const bucket = `${pair.project}-foreign`;
    const endpoint = pair.env.AWS_ENDPOINT_URL ?? "";
    await createBucket(endpoint, bucket);
    await using aws = await awsProxy(pair, ({ path }) =>
      path.includes(bucket) ? { status: 403 } : undefined,
    );
    const says = [bucket, "another account", "123456789012", "aws sts get-caller-identity"];
    const args = ["--outputs-file", await named(bucket)];
    await refused({ exit: 7, code: "BUCKET_FOREIGN", says }, { AWS_ENDPOINT_URL: aws.url }, args);
    await removeBucket(endpoint, bucket);
  });
});

describe.concurrent("the secret", () => {
  test("that does not exist", async () => {
    const arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-gone-AbCdEf";
    const file = await outputsFile(pair, (outputs) => ({ ...outputs, database_secret_arn: arn }));
    const says = [arn, "database_secret_arn", "aws secretsmanager describe-secret"];
    await refused({ exit: 3, code: "SECRET_MISSING", says }, {}, ["--outputs-file", file]);
  });

  const malformed = [
    { what: "is no JSON", text: "hunter2-plain", says: "not JSON" },
    { what: "has no user name", text: '{"password":"hunter2-plain"}', says: "username" },
    { what: "has no password", text: '{"username":"dbadmin"}', says: "password" },
    { what: "has an empty password", text: '{"username":"dbadmin","password":""}', says: "password" },
    { what: "is a list", text: '["hunter2-plain"]', says: "object" },
  ];
  for (const { what, text, says } of malformed) {
    test(`that ${what}`, async () => {
      await using aws = await awsWithSecret(pair, text);
      const refusal = {
        exit: 3,
        code: "SECRET_MALFORMED",
        says: [pair.rds.secretArn, says, '"username"', /^((?!hunter2)[^])*$/],
      };
      await refused(refusal, { AWS_ENDPOINT_URL: aws.url });
    });
  }
});
