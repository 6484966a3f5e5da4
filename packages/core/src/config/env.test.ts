import { expect, test } from "vitest";
import { processEnvironment, readVariable, withoutSecrets } from "./env.ts";

test("a variable that is empty counts as not set", () => {
  expect(readVariable({ AWS_REGION: "eu-west-1" }, "AWS_REGION")).toBe("eu-west-1");
  expect(readVariable({ AWS_REGION: "" }, "AWS_REGION")).toBe("us-east-1");
  expect(readVariable({}, "RDS_HOSTADDR")).toBeUndefined();
});

test("other programs get everything but the secrets of the registry", () => {
  const environment = { PATH: "/bin", NEON_DATABASE_URL: "postgresql://u:secret@h/d", toString: "kept" };
  expect(withoutSecrets(environment)).toEqual({ PATH: "/bin", toString: "kept" });
});

test("the environment is a copy: what a command changes in it reaches no other reader", () => {
  const first = processEnvironment();
  expect(processEnvironment()).toEqual(first);
  expect(processEnvironment()).not.toBe(first);
});
