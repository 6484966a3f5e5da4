/** Roles of a test on the RDS side. */
import { connect } from "@pilot-light/sandbox/postgres/connect";
import { sandboxPassword, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { expect } from "vitest";
import { awsWithSecret } from "./proxies.ts";

/** A login role on the RDS side, and an emulator whose secret names it; removed when disposed of. */
export async function roleOnRds(pair: Pair, name: string, attributes: string) {
  const role = `${pair.rds.database}_${name}`;
  const { port } = testSandbox().state.rds;
  await pair.query(
    "rds",
    `create role ${role} login password '${sandboxPassword.replaceAll("'", "''")}' ${attributes}`,
  );
  const aws = await awsWithSecret(pair, JSON.stringify({ username: role, password: sandboxPassword }));
  await using session = await connect({ port, database: "postgres", user: role, password: sandboxPassword });
  expect(session.client).toBeDefined();
  return {
    role,
    env: { AWS_ENDPOINT_URL: aws.url },
    [Symbol.asyncDispose]: async () => {
      await aws[Symbol.asyncDispose]();
      await pair.query("rds", `drop owned by ${role}`);
      await pair.query("rds", `drop role ${role}`);
    },
  };
}
