import { Console } from "@pilot-light/core/output/output";
import { expect, test } from "vitest";
import { failure } from "../check.ts";
import { sampleResult } from "../testing/sample-check.ts";
import { resultLines } from "./lines.ts";

test("a fix that several problems have in common is printed once, after them", () => {
  const { colours } = new Console({ environment: {}, verbose: false, json: false, colour: false });
  const problems = [failure("gateway", "go off"), failure("bucket", "mend it"), failure("address", "go off")];
  const result = sampleResult("leftovers", { status: "failed", problems });
  const lines = resultLines(result, { colours, fancy: false, verbose: false, width: 10 });
  expect(lines.slice(1).map((line) => line.trim())).toEqual([
    "gateway",
    "address",
    "fix: go off",
    "bucket",
    "fix: mend it",
    "more: docs/checks/leftovers.md",
  ]);
});
