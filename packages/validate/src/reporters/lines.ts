/** A result as lines of text, for a terminal and for a log alike. */
import type { Colors } from "@pilot-light/core/output/printer";
import { formatDuration } from "@pilot-light/core/output/format";
import { modeName, type Report } from "../report.ts";
import type { CheckResult, Status } from "../result.ts";

export interface LineStyle {
  colors: Colors;
  /** Signs of a terminal; false: ASCII. */
  fancy: boolean;
  verbose: boolean;
  /** Width of the column with the ids. */
  width: number;
}

type Shown = Status | "running" | "waiting";

const signs = {
  passed: { fancy: "✓", plain: "+", word: "ok" },
  warning: { fancy: "!", plain: "!", word: "warn" },
  failed: { fancy: "✗", plain: "x", word: "FAIL" },
  waived: { fancy: "~", plain: "~", word: "waived" },
  skipped: { fancy: "-", plain: "-", word: "skip" },
  "not-applicable": { fancy: "·", plain: ".", word: "n/a" },
  running: { fancy: "›", plain: ">", word: "..." },
  waiting: { fancy: " ", plain: " ", word: "" },
} as const satisfies Record<Shown, { fancy: string; plain: string; word: string }>;

const summaryWidth = 62;

/** `Validate  davidshaevel dev, us-east-1      mode: active`. */
export function headerLine(report: Pick<Report, "project" | "environment" | "region" | "mode">): string {
  const { project, environment, region, mode } = report;
  return `${`Validate  ${project} ${environment}, ${region}`.padEnd(82)}mode: ${modeName(mode)}`;
}

/** One line: sign, word, id, summary, duration. */
export function stateLine(
  status: Shown,
  id: string,
  summary: string,
  durationMs: number | undefined,
  { colors, fancy, width }: LineStyle,
): string {
  const { word, ...sign } = signs[status];
  const mark = `${fancy ? sign.fancy : sign.plain} ${word.padEnd(6)}`;
  const duration = durationMs === undefined ? "" : formatDuration(durationMs).padStart(8);
  return `  ${paint(status, mark, colors)} ${id.padEnd(width)} ${summary.padEnd(summaryWidth)}${duration}`.trimEnd();
}

function paint(status: Shown, text: string, colors: Colors): string {
  switch (status) {
    case "passed":
      return colors.green(text);
    case "failed":
      return colors.red(text);
    case "warning":
    case "waived":
      return colors.yellow(text);
    default:
      return colors.dim(text);
  }
}

/** A result whole: its line, its problems with what to do, and with `--verbose` its details. */
export function resultLines(result: CheckResult, style: LineStyle): string[] {
  const { id, status, summary, problems, details, durationMs } = result;
  const ran = status !== "skipped" && status !== "not-applicable";
  const lines = [stateLine(status, id, summary, ran ? durationMs : undefined, style)];
  const indent = " ".repeat(13);
  const byFix = new Map<string, string[]>();
  for (const { message, fix } of problems) byFix.set(fix, [...(byFix.get(fix) ?? []), message]);
  for (const [fix, messages] of byFix) {
    lines.push(...messages.map((message) => `${indent}${message}`));
    lines.push(`${indent}${style.colors.dim(`fix: ${fix}`)}`);
  }
  if (problems.length > 0) lines.push(`${indent}${style.colors.dim(`more: docs/checks/${id}.md`)}`);
  if (style.verbose) lines.push(...details.map((detail) => style.colors.dim(`${indent}${detail}`)));
  return lines;
}

/** `  active: 9 passed, 1 warning, 1 failed, 1 skipped in 1.3 s`. */
export function summaryLine({ mode, summary, durationMs }: Report, { colors }: LineStyle): string {
  const { passed, warnings, failed, skipped, waived } = summary;
  const parts = [
    `${passed} passed`,
    `${warnings} ${warnings === 1 ? "warning" : "warnings"}`,
    `${failed} failed`,
    `${skipped} skipped`,
    ...(waived > 0 ? [`${waived} waived`] : []),
  ];
  const name = mode === null ? "mode unknown" : modeName(mode);
  const text = `${name}: ${parts.join(", ")} in ${formatDuration(durationMs)}`;
  const color = failed > 0 || mode === null ? colors.red : warnings > 0 ? colors.yellow : colors.green;
  return `  ${colors.bold(color(text))}`;
}
