/** The reports for programs escape the special characters of their formats. */
import { expect, test } from "vitest";
import type { CheckResult, Report } from "../documents.ts";
import { exitCode, summarize } from "../report.ts";
import { sampleResult } from "../testing/sample-check.ts";
import { annotations, jobSummary } from "./github.ts";
import { junitDocument } from "./junit.ts";

const awkward = "50% <b>of</b> a|b, c: d\nnext \u001B[31mred]]>";
const failed = sampleResult("vpc", {
  status: "failed",
  problems: [{ severity: "failure", message: awkward, fix: "fix it" }],
  error: { code: "AWS_FAILED", exit: 7 },
});

function report(checks: CheckResult[]): Report {
  return {
    project: "shop",
    environment: "dev",
    region: "us-east-1",
    mode: "active",
    account: null,
    checks,
    summary: summarize(checks),
    durationMs: 100,
    notes: [],
  };
}

test("annotations", () => {
  expect(annotations(report([sampleResult("a"), failed]))).toEqual([
    "::error title=validate%3A vpc::50%25 <b>of</b> a|b, c: d%0Anext \u001B[31mred]]>%0Afix: fix it",
  ]);
  expect(annotations(report([{ ...failed, status: "waived" }]))[0]).toMatch(/^::notice /);
});

test("the job summary", () => {
  const row = jobSummary(report([failed]))
    .split("\n")
    .at(-2);
  expect(row).toContain(String.raw`50% &lt;b>of&lt;/b> a\|b, c: d next`);
  expect(row?.split(/(?<!\\)\|/)).toHaveLength(6);
});

test("JUnit", async () => {
  const text = await junitDocument(
    report([sampleResult("a"), failed, sampleResult("b", { status: "skipped" })]),
    false,
  );
  expect(text).toContain('tests="3" failures="1" errors="0" skipped="1"');
  expect(text).toContain('type="AWS_FAILED"');
  expect(text).toContain("50% &lt;b&gt;of");
  expect(text).not.toContain("\u001B");
});

test("with --strict, JUnit reports a warning as a failure", async () => {
  const problems = [{ severity: "warning", message: "no domain", fix: "set one" }] as const;
  const checks = [sampleResult("a", { status: "warning", problems: [...problems] })];
  expect(await junitDocument(report(checks), false)).toContain('failures="0"');
  const strict = await junitDocument(report(checks), true);
  expect(strict).toContain('failures="1"');
  expect(strict).toContain('<failure message="no domain" type="warning">');
});

test("the exit code is the code of a failed essential check, otherwise 1 for failures, and for warnings with --strict", () => {
  const essential = new Set(["vpc"]);
  expect(exitCode(report([failed]), essential, false)).toBe(7);
  expect(exitCode(report([failed]), new Set(), false)).toBe(1);
  expect(exitCode(report([{ ...failed, status: "waived" }]), new Set(), true)).toBe(0);
  const warning = report([sampleResult("a", { status: "warning" })]);
  expect(exitCode(warning, essential, false)).toBe(0);
  expect(exitCode(warning, essential, true)).toBe(1);
  expect(exitCode(report([sampleResult("a")]), essential, true)).toBe(0);
});
