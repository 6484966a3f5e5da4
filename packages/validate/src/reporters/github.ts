/** The report for GitHub Actions: an annotation for each problem, and a table in the job summary. */
import type { Printer } from "@pilot-light/core/output/printer";
import { readVariable, type Environment } from "@pilot-light/core/config/env";
import { formatDuration } from "@pilot-light/core/output/format";
import type { Report } from "../documents.ts";
import { modeName } from "../mode.ts";

const documentation = "docs/checks";

/** Workflow commands, one per line (GitHub documentation, "Workflow commands for GitHub Actions"). */
export function annotations(report: Report): string[] {
  return report.checks.flatMap(({ id, status, problems }) =>
    problems.map(({ severity, message, fix }) => {
      const level = status === "waived" ? "notice" : severity === "failure" ? "error" : "warning";
      return `::${level} title=${escapeProperty(`validate: ${id}`)}::${escapeData(`${message}\nfix: ${fix}`)}`;
    }),
  );
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

const icons = {
  passed: "✅",
  warning: "⚠️",
  failed: "❌",
  waived: "⏳",
  skipped: "⏭️",
  "not-applicable": "➖",
} as const;

/** The job summary in Markdown. */
export function jobSummary(report: Report): string {
  const { passed, warnings, failed, skipped, waived } = report.summary;
  const rows = report.checks
    .filter(({ status }) => status !== "not-applicable")
    .map(({ id, status, summary, problems, durationMs }) => {
      const found = [summary, ...problems.map(({ message, fix }) => `${message}; fix: ${fix}`)].map(cell);
      return `| ${icons[status]} ${status} | [${id}](${documentation}/${id}.md) | ${found.join("<br>")} | ${formatDuration(durationMs)} |`;
    });
  return [
    `## Validate ${report.project} ${report.environment}: ${modeName(report.mode)}`,
    "",
    `${passed} passed, ${warnings} warnings, ${failed} failed, ${skipped} skipped, ${waived} waived in ${formatDuration(report.durationMs)}`,
    "",
    "| | check | found | time |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

function cell(text: string): string {
  return text
    .replaceAll("|", String.raw`\|`)
    .replaceAll("<", "&lt;")
    .replaceAll(/\s+/g, " ");
}

/** Prints the annotations in a run of GitHub Actions. */
export function annotate(report: Report, environment: Environment, printer: Printer): void {
  // The runner reads workflow commands from stderr as well: stdout contains only the document.
  if (readVariable(environment, "GITHUB_ACTIONS") !== "true") return;
  for (const line of annotations(report)) printer.line(line);
}
