import { expect, test } from "vitest";
import { namesToAdd, processEnvironment, readVariable, withoutSecrets } from "./env.ts";

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

test("a variable of the environment has precedence over the settings file, even if it is empty", () => {
  const file = { PILOT_LIGHT_ON_END: "notify", PROJECT_NAME: "file" };
  expect(namesToAdd(file, { PILOT_LIGHT_ON_END: "" })).toEqual(["PROJECT_NAME"]);
  expect(namesToAdd(file, { PROJECT_NAME: "shell" })).toEqual(["PILOT_LIGHT_ON_END"]);
});

test("an environment with credentials takes no credentials from the settings file", () => {
  const file = { AWS_PROFILE: "work", AWS_REGION: "eu-west-1" };
  expect(namesToAdd(file, {})).toEqual(["AWS_PROFILE", "AWS_REGION"]);
  expect(namesToAdd(file, { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" })).toEqual(["AWS_REGION"]);
  expect(namesToAdd(file, { AWS_WEB_IDENTITY_TOKEN_FILE: "/token" })).toEqual(["AWS_REGION"]);
  const keys = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_SESSION_TOKEN: "c" };
  expect(namesToAdd(keys, { AWS_PROFILE: "work" })).toEqual([]);
});

test("an empty credential variable hides only that variable of the settings file", () => {
  const file = { AWS_PROFILE: "work", AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };
  expect(namesToAdd(file, { AWS_PROFILE: "" })).toEqual(["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]);
});
