import { Printer } from "@pilot-light/core/output/printer";
import { expect, test } from "vitest";
import { failure } from "../check.ts";
import { sampleResult } from "../testing/sample-check.ts";
import { resultLines } from "./lines.ts";

test("a fix that several problems have in common is printed once, after them", () => {
  const { colors } = new Printer({ environment: {}, verbose: false, json: false, color: false });
  const problems = [failure("gateway", "go off"), failure("bucket", "mend it"), failure("address", "go off")];
  const result = sampleResult("leftovers", { status: "failed", problems });
  const lines = resultLines(result, { colors, fancy: false, verbose: false, width: 10 });
  expect(lines.slice(1).map((line) => line.trim())).toEqual([
    "gateway",
    "address",
    "fix: go off",
    "bucket",
    "fix: mend it",
    "more: docs/checks/leftovers.md",
  ]);
});
