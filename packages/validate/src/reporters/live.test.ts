import { PassThrough } from "node:stream";
import { Printer } from "@pilot-light/core/output/printer";
import { expect, test } from "vitest";
import { summarize, type Report } from "../report.ts";
import { sampleCheck, sampleResult } from "../testing/sample-check.ts";
import { LiveProgress } from "./live.ts";

/** A terminal that keeps what is written to it. */
function terminal() {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 120, rows: 40 });
  const written: string[] = [];
  stream.on("data", (chunk: Buffer) => written.push(chunk.toString()));
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => written.join("") };
}

test("a check turns from waiting to running to done, and the last screen has every result and the sum", () => {
  const { stream, text } = terminal();
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
      problems: [{ severity: "failure", message: "gone", fix: "mend it" }],
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
  expect(last).toContain("fix: mend it");
  expect(last).toContain("! a note");
  expect(last).toContain("pilot light: 1 passed, 0 warnings, 1 failed, 0 skipped in 1.5 s");
  expect(last).not.toContain(" on ");
  expect(text()).not.toContain("s3cret-value");
});
