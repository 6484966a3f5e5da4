/** A result as lines of text, for a terminal and for a log. */
import { formatDuration } from "@pilot-light/core/output/format";
import { layOut, layOutHint, layOutTable, pad, type Page } from "@pilot-light/core/output/layout";
import type { Colors } from "@pilot-light/core/output/printer";
import type { CheckResult, Report } from "../documents.ts";
import { modeName } from "../mode.ts";
import type { Header } from "./progress.ts";

export interface LineStyle {
  colors: Colors;
  /** Unicode signs; false: ASCII. */
  fancy: boolean;
  verbose: boolean;
  /** Width of the column with the ids. */
  width: number;
  page: Page;
  /** The page that describes a check. */
  pages: (id: string) => string;
  /** Removes secrets. Lines are wrapped afterwards, because a secret on two lines would not be found. */
  redact: (text: string) => string;
}

type Shown = CheckResult["status"] | "running" | "waiting";

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

/** Indentation of the lines below a result: the column of the ids. */
const indent = " ".repeat(11);

/** Details of a failed check that are shown without `--verbose`. */
const mostDetails = 10;

/** `Validate  davidshaevel dev, us-east-1      mode: active`. */
export function headerLines(
  {
    title = "Validate",
    project,
    environment,
    region,
    mode,
    isPartlyActive = false,
  }: Header & Pick<Report, "mode">,
  { page }: Pick<LineStyle, "page">,
): string[] {
  const right = `mode: ${isPartlyActive ? "partly active" : modeName(mode)}`;
  const least = page.width - right.length - 2;
  return layOutTable(
    [{ least, wraps: true }, {}],
    [[`${title}  ${project} ${environment}, ${region}`, right]],
    page,
    0,
  );
}

/** Sign, word, id, summary and duration; a long summary continues on further lines. */
export function stateLines(
  status: Shown,
  id: string,
  summary: string,
  durationMs: number | undefined,
  { colors, fancy, width, page, redact }: LineStyle,
): string[] {
  const { word, ...sign } = signs[status];
  const mark = paint(status, `${fancy ? sign.fancy : sign.plain} ${pad(word, 6)}`, colors);
  const right = durationMs === undefined ? "" : formatDuration(durationMs);
  return layOut({ label: `  ${mark} ${pad(id, width)}  `, text: redact(summary), right }, page);
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

/** A complete result: its line, its problems with their fixes, and the details. */
export function resultLines(result: CheckResult, style: LineStyle): string[] {
  const { id, status, summary, problems, durationMs } = result;
  const { page, redact } = style;
  const dim = (lines: readonly string[]) => lines.map((line) => style.colors.dim(line));
  const ran = status !== "skipped" && status !== "not-applicable";
  const lines = stateLines(status, id, summary, ran ? durationMs : undefined, style);
  const details = dim(detailLines(result, style));
  // The details of an error belong to its message, those of a finding to its summary.
  const belongToMessage = result.error !== undefined;
  if (!belongToMessage) lines.push(...details);
  const byFix = new Map<string, string[]>();
  for (const { message, fix } of problems) byFix.set(fix, [...(byFix.get(fix) ?? []), message]);
  for (const [fix, messages] of byFix) {
    lines.push(...messages.flatMap((message) => layOut({ label: indent, text: redact(message) }, page)));
    if (belongToMessage) lines.push(...details);
    lines.push(...dim(layOutHint(`${indent}fix: `, redact(fix), page)));
  }
  if (problems.length > 0) lines.push(...dim([`${indent}more: ${style.pages(id)}`]));
  return lines;
}

/** Details of a failure, and with `--verbose` of every result. The stack of a bug needs `--verbose`. */
function detailLines(
  { status, details, error }: CheckResult,
  { page, redact, verbose }: LineStyle,
): string[] {
  const isFailure = status === "failed" && error?.code !== "BUG";
  const shown = verbose ? details : isFailure ? details.slice(0, mostDetails) : [];
  const left = isFailure ? details.length - shown.length : 0;
  const rest = left === 0 ? [] : [`and ${left} more: --verbose and --json list all`];
  return [...shown, ...rest].flatMap((text) => layOut({ label: `${indent}  `, text: redact(text) }, page));
}

/** `  active: 9 passed, 1 warning, 1 failed, 1 skipped in 1.3 s`; wrapped if it is longer than the page. */
export function summaryLine({ mode, summary, durationMs }: Report, { colors, page }: LineStyle): string {
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
  const lines = layOut({ label: "  ", text }, page);
  return lines.map((line) => colors.bold(color(line))).join("\n");
}
