import { Printer } from "@pilot-light/core/output/printer";
import { fakeTerminal } from "@pilot-light/core/testing/fake-terminal";
import { expect, test } from "vitest";
import type { Report } from "../documents.ts";
import { summarize } from "../report.ts";
import { sampleCheck, sampleResult } from "../testing/sample-check.ts";
import { LiveProgress } from "./live.ts";

test("the block shows a check as waiting, running and done, and the last screen has every result and the summary", () => {
  const { stream, text } = fakeTerminal({ columns: 120 });
  const printer = new Printer({ environment: {}, verbose: false, json: false, color: true, stderr: stream });
  printer.redactor.add("s3cret-value");
  const progress = new LiveProgress(printer, new Set(), stream);
  const checks = [
    sampleCheck("terraform-outputs"),
    sampleCheck("vpc"),
    sampleCheck("on", { mode: "active" }),
  ];
  const [outputs, vpc] = checks;
  if (outputs === undefined || vpc === undefined) throw new Error("no checks");
  const header = { project: "shop", environment: "dev", region: "us-east-1" } as const;

  progress.begin({ checks, header });
  expect(text()).toContain("mode: unknown");
  progress.started(vpc);
  progress.mode("pilot-light");
  const results = [
    sampleResult("terraform-outputs"),
    sampleResult("vpc", {
      status: "failed",
      summary: "s3cret-value",
      problems: [{ severity: "failure", message: "gone", fix: "fix it" }],
    }),
    sampleResult("on", { status: "not-applicable" }),
  ];
  progress.finished(results[0] ?? sampleResult("none"));
  const running = text();
  expect(running).toMatch(/✓ ok .*terraform-outputs/);
  expect(running).toMatch(/› \.\.\. .*vpc/);
  for (const result of results.slice(1)) progress.finished(result);
  const report: Report = {
    ...header,
    mode: "pilot-light",
    account: null,
    checks: results,
    summary: summarize(results),
    durationMs: 1500,
    notes: ["a note"],
  };
  const before = text().length;
  progress.end(report);
  const last = text().slice(before);
  expect(last).toContain("mode: pilot light");
  expect(last).toMatch(/✗ FAIL .*vpc +\*{4}/);
  expect(last).toContain("fix: fix it");
  expect(last).toContain("! a note");
  expect(last).toContain("pilot light: 1 passed, 0 warnings, 1 failed, 0 skipped in 1.5 s");
  expect(last).not.toContain(" on ");
  expect(text()).not.toContain("s3cret-value");
});

test.each([50, 60, 80, 100])("at %i columns no drawn line is longer than the terminal", (columns) => {
  const { stream, lines } = fakeTerminal({ columns });
  const printer = new Printer({ environment: {}, verbose: false, json: false, color: true, stderr: stream });
  const progress = new LiveProgress(printer, new Set(), stream);
  const header = { project: "a-project-with-a-name", environment: "dev", region: "us-east-1" } as const;
  progress.begin({ checks: [sampleCheck("service-discovery")], header });
  const result = sampleResult("service-discovery", {
    status: "failed",
    summary: "words ".repeat(30),
    problems: [
      { severity: "failure", message: "more words ".repeat(30), fix: "Do it:  aws ecs x --one y --two z" },
    ],
    details: ["detail ".repeat(30)],
  });
  progress.finished(result);
  progress.waiting("note ".repeat(30));
  const summary = summarize([result]);
  progress.end({
    ...header,
    mode: "pilot-light",
    account: null,
    checks: [result],
    summary,
    durationMs: 1,
    notes: ["note ".repeat(30)],
  });
  expect(lines().filter((line) => line.length > columns)).toEqual([]);
});
