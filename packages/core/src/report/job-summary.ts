/** The summary of a job in GitHub Actions, in Markdown: what happened, the steps, and the commands that follow. */
import type { RunRecord } from "../history/run-record.ts";
import { formatDuration } from "../output/format.ts";

/** @param record without secrets */
export function jobSummary({ command, run, outcome, ...rest }: RunRecord): string {
  const sign = outcome === "failed" ? "❌" : run.exit === 0 ? "✅" : "⚠️";
  const steps = run.steps.map(({ name, durationMs, summary, outcome: result }) => {
    const text = result === "failed" ? "not finished" : summary;
    return `| ${markdown(name)} | ${markdown(text)} | ${formatDuration(durationMs)} |`;
  });
  const table = steps.length === 0 ? [] : ["| step | result | time |", "| --- | --- | ---: |", ...steps, ""];
  const hint = hintOf(rest);
  return [
    `## ${sign} ${markdown(command)}: ${markdown(outcome)}`,
    "",
    markdown(run.summary),
    "",
    ...(hint === "" ? [] : [markdown(hint), ""]),
    ...table,
    ...run.warnings.map((warning) => `- ⚠️ ${markdown(warning)}`),
    ...(run.warnings.length > 0 ? [""] : []),
    ...run.next.map(({ purpose, command: line }) => `- ${markdown(purpose)}: <code>${markdown(line)}</code>`),
    "",
    `<sub>${markdown(run.commandLine)}, ${formatDuration(run.durationMs)}</sub>`,
    "",
  ].join("\n");
}

/** The hint of a failed run. */
function hintOf(document: Readonly<Record<string, unknown>>): string {
  const { error } = document;
  if (typeof error !== "object" || error === null || !("hint" in error)) return "";
  return String(error.hint);
}

/** Text without a meaning in Markdown or HTML: names of tables can contain anything. */
function markdown(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll(/[\\`*_[\]|~#]/g, String.raw`\$&`)
    .replaceAll(/\s+/g, " ");
}
