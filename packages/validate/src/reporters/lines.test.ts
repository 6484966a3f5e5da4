import { Printer } from "@pilot-light/core/output/printer";
import { fakeTerminal } from "@pilot-light/core/testing/fake-terminal";
import { expect, test } from "vitest";
import type { CheckResult } from "../documents.ts";
import { sampleResult } from "../testing/sample-check.ts";
import { resultLines } from "./lines.ts";
import { styleOf } from "./style.ts";

/** The lines of a result for a terminal of some columns; 0 is a pipe. */
function linesOf(result: CheckResult, { columns = 0, verbose = false } = {}): string[] {
  const { stream: stderr } = fakeTerminal({ columns });
  const printer = new Printer({ environment: {}, verbose, json: false, color: false, stderr });
  return resultLines(result, styleOf(printer, [{ id: "terraform-outputs" }]));
}

const failure = (message: string, fix: string) => ({ severity: "failure", message, fix }) as const;

test("a fix that several problems share is printed once, after the last of them", () => {
  const problems = [
    failure("gateway", "deactivate"),
    failure("bucket", "fix it"),
    failure("address", "deactivate"),
  ];
  const lines = linesOf(sampleResult("leftovers", { status: "failed", problems }));
  expect(lines.slice(1).map((line) => line.trim())).toEqual([
    "gateway",
    "address",
    "fix: deactivate",
    "bucket",
    "fix: fix it",
    "more: docs/checks/leftovers.md",
  ]);
});

test.each([80, 0])("a check that could not run lists the details of its error, at %i columns", (columns) => {
  const result = sampleResult("terraform-outputs", {
    status: "failed",
    summary: "not checked",
    details: ["vpc_id: missing", "database_port: is a string"],
    problems: [failure("The Terraform outputs are not valid.", "Deploy:  pnpm infra:deploy")],
    error: { code: "OUTPUTS_INVALID", exit: 3 },
  });
  const duration = columns === 0 ? 59 : 39;
  expect(linesOf(result, { columns })).toEqual([
    `  x FAIL   terraform-outputs  not checked${"0.1 s".padStart(duration)}`,
    "           The Terraform outputs are not valid.",
    "             vpc_id: missing",
    "             database_port: is a string",
    "           fix: Deploy:  pnpm infra:deploy",
    "           more: docs/checks/terraform-outputs.md",
  ]);
});

test("a failed check lists ten details and the number of the others; --verbose lists all", () => {
  const details = Array.from({ length: 22 }, (_, index) => `table ${index}`);
  const result = sampleResult("data", { status: "failed", details, problems: [failure("bad", "fix it")] });
  const lines = linesOf(result).map((line) => line.trim());
  expect(lines.slice(1, 12)).toEqual([...details.slice(0, 10), "and 12 more: --verbose and --json list all"]);
  expect(lines.slice(12)).toEqual(["bad", "fix: fix it", "more: docs/checks/data.md"]);
  expect(
    linesOf(result, { verbose: true })
      .slice(1, 23)
      .map((line) => line.trim()),
  ).toEqual(details);
});

test("a check that passed, and a bug, list details with --verbose only", () => {
  const details = ["a detail"];
  const problems = [failure("a bug", "Report it.")];
  const bug = { status: "failed", problems, error: { code: "BUG", exit: 70 } } as const;
  for (const parts of [{}, bug]) {
    const result = sampleResult("vpc", { details, ...parts });
    const text = (verbose: boolean) => linesOf(result, { verbose }).join("\n");
    expect(text(false)).not.toContain("a detail");
    expect(text(true)).toContain("a detail");
  }
});

test("a secret is removed before a line is broken", () => {
  const { stream: stderr } = fakeTerminal({ columns: 80 });
  const printer = new Printer({ environment: {}, verbose: false, json: false, color: false, stderr });
  printer.redactor.add("two words");
  const message = `${"y".repeat(60)} two words`;
  const result = sampleResult("vpc", { status: "failed", problems: [failure(message, "two words")] });
  expect(resultLines(result, styleOf(printer, [result])).join(" ")).not.toMatch(/two|words/);
});
