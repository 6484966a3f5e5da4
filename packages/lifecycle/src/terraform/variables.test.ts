import { expect, test } from "vitest";
import { parseArgument, parseVariable, variableArguments } from "./variables.ts";

test.each([
  ["size=2", { name: "size", value: "2" }],
  ["policy=a=b\nc", { name: "policy", value: "a=b\nc" }],
  ["empty=", { name: "empty", value: "" }],
  ["size", undefined],
  ["=2", undefined],
])("--var %j", (text, variable) => {
  expect(parseVariable(text)).toEqual(variable);
});

test("an argument of a journal of an earlier version becomes the same argument again", () => {
  const given = ["-var-file=/a b/x=y.tfvars", "-var=size=2", "-var=policy=a=b"];
  const parsed = given.map(parseArgument).filter((variable) => variable !== undefined);
  expect(parsed[0]).toEqual({ file: "/a b/x=y.tfvars" });
  expect(variableArguments(parsed)).toEqual(given);
  expect(parseArgument("-lock=false")).toBeUndefined();
});
