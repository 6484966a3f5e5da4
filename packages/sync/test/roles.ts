/** Roles of a test on one side. */
import { connect } from "@pilot-light/sandbox/postgres/connect";
import { sandboxPassword, type Pair, type Side } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { expect } from "vitest";
import { awsWithSecret } from "./proxies.ts";
import { neonUrl } from "./untouched.ts";

/** A login role on the RDS side, and an emulator whose secret names it; removed when disposed of. */
export const roleOnRds = (pair: Pair, name: string, attributes: string) =>
  roleOn(pair, "rds", name, attributes);

/** A login role on one side, and the variables with which the tools log in with it; removed when disposed of. */
export async function roleOn(pair: Pair, side: Side, name: string, attributes: string) {
  const role = `${pair[side].database}_${name}`;
  const { port } = testSandbox().state[side];
  await pair.query(
    side,
    `create role ${role} login password '${sandboxPassword.replaceAll("'", "''")}' ${attributes}`,
  );
  await using session = await connect({ port, database: "postgres", user: role, password: sandboxPassword });
  expect(session.client).toBeDefined();
  const secret = JSON.stringify({ username: role, password: sandboxPassword });
  const aws = side === "rds" ? await awsWithSecret(pair, secret) : undefined;
  const env: Record<string, string> =
    aws === undefined
      ? { NEON_DATABASE_URL: neonUrl(pair, (url) => (url.username = role)) }
      : { AWS_ENDPOINT_URL: aws.url };
  return {
    role,
    env,
    [Symbol.asyncDispose]: async () => {
      await aws?.[Symbol.asyncDispose]();
      await pair.query(side, `drop owned by ${role}`);
      await pair.query(side, `drop role ${role}`);
    },
  };
}
