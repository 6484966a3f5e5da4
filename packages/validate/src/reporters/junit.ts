/** The report as JUnit XML, which CI systems show as tests. */
import { writeFile } from "node:fs/promises";
import { messageOf } from "@pilot-light/core/ops-error";
import type { CheckResult, Report } from "../documents.ts";
import { reportUnwritable } from "../errors.ts";
import { modeName } from "../mode.ts";

/**
 * The document: one suite with one case for each check. Names of attributes start with `@`.
 * @param strict a warning is a failure, as it is for the exit code
 */
export async function junitDocument(report: Report, strict: boolean): Promise<string> {
  const { create } = await import("xmlbuilder2");
  const { checks, durationMs, mode, region } = report;
  const count = (...ids: readonly CheckResult["status"][]) =>
    checks.filter(({ status }) => ids.includes(status)).length;
  const suite = {
    "@name": `validate ${report.project} ${report.environment}`,
    "@tests": checks.length,
    "@failures": count("failed", ...(strict ? (["warning"] as const) : [])),
    "@errors": 0,
    "@skipped": count("skipped", "waived", "not-applicable"),
    "@time": durationMs / 1000,
    properties: {
      property: [
        { "@name": "mode", "@value": modeName(mode) },
        { "@name": "region", "@value": region },
      ],
    },
    testcase: checks.map((check) => testCase(check, strict)),
  };
  return create({ encoding: "UTF-8" }, { testsuites: { testsuite: suite } }).end({ prettyPrint: true });
}

function testCase(result: CheckResult, strict: boolean) {
  const { id, status, summary, problems, durationMs } = result;
  const lines = problems.map(({ severity, message, fix }) => `${severity}: ${message}\n  fix: ${fix}`);
  return {
    "@classname": "validate",
    "@name": id,
    "@time": durationMs / 1000,
    ...verdict(strict && status === "warning" ? { ...result, status: "failed" } : result, lines),
    "system-out": clean([`${status}: ${summary}`, ...lines].join("\n")),
  };
}

function verdict({ status, summary, problems, error }: CheckResult, lines: readonly string[]) {
  switch (status) {
    case "failed":
      return {
        failure: {
          "@message": clean(problems[0]?.message ?? summary),
          "@type":
            error?.code ?? (problems.some(({ severity }) => severity === "failure") ? "failed" : "warning"),
          "#": clean(lines.join("\n")),
        },
      };
    case "skipped":
    case "waived":
    case "not-applicable":
      return { skipped: { "@message": clean(summary) } };
    default:
      return {};
  }
}

/** Removes control characters, such as those that color a program's output: XML 1.0 does not allow most of them. */
function clean(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are the characters to remove
  return text.replaceAll(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, "");
}

/** @throws OpsError REPORT_UNWRITABLE (configuration) */
export async function writeJunit(file: string, text: string): Promise<void> {
  await writeFile(file, text).catch((cause: unknown) => {
    throw reportUnwritable({ file, reason: messageOf(cause) }, { cause });
  });
}
