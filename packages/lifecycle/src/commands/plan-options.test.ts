import { resolve } from "node:path";
import { expect, test } from "vitest";
import yargs from "yargs";
import { variableOptions, variablesOf } from "./plan-options.ts";

const parse = (...args: string[]) => variableOptions(yargs(args).exitProcess(false)).parseSync();

test("--var and --var-file are repeated for more values, and files come first", () => {
  const parsed = parse("--var", "a=1", "--var-file", "x.tfvars", "--var=b=2=3");
  expect(variablesOf(parsed)).toEqual([
    { file: resolve("x.tfvars") },
    { name: "a", value: "1" },
    { name: "b", value: "2=3" },
  ]);
  expect(variablesOf(parse())).toEqual([]);
});

test("--var takes one value, because the history would show a second one", () => {
  const parsed = parse("--var", "a=1", "b=hidden", "--var-file", "x", "y");
  expect(variablesOf(parsed)).toEqual([{ file: resolve("x") }, { name: "a", value: "1" }]);
  expect(parsed._).toEqual(["b=hidden", "y"]);
});
