/** Runs `pnpm history`: reads the records of earlier runs and prints them. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import type { History } from "@pilot-light/core/history/documents";
import { readHistory } from "@pilot-light/core/history/read-history";
import { formatDuration, formatMinute, plural } from "@pilot-light/core/output/format";
import type { Printer } from "@pilot-light/core/output/printer";

export async function runHistory(
  options: { limit: number; before: string | undefined },
  context: CommandContext,
): Promise<CommandOutcome> {
  const history = await readHistory(options, context);
  printHistory(history, context.printer);
  return { outcome: "listed", document: history };
}

function printHistory({ bucket, runs, next }: History, printer: Printer): void {
  const { bold, red } = printer.colors;
  const title = bold(`History  s3://${bucket}`);
  printer.row({ label: "", text: title, right: plural(runs.length, "run") });
  printer.line();
  if (runs.length === 0) {
    printer.line("  No run has changed anything yet, or the bucket has deleted the records.");
    return;
  }
  const rows = runs.map(({ startedAt, command, outcome, errorCode, durationMs, by, summary }) => [
    formatMinute(startedAt),
    command,
    errorCode === null ? outcome : red(`${outcome}, ${errorCode}`),
    formatDuration(durationMs),
    by.user,
    summary.replaceAll(/\s/g, " "),
  ]);
  const head = ["time (UTC)", "command", "outcome", "duration", "by", "what happened"];
  printer.table([{}, {}, {}, { align: "right" }, {}, { wraps: true }], [head, ...rows]);
  if (next === null) return;
  printer.line();
  printer.line(`  To list older runs:  pnpm history --before ${next}`);
}
