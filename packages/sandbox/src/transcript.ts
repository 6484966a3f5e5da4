/**
 * Transcripts: what a person sees of a whole run (command, screen, exit code), at 100 and at 80 columns, as snapshots. The documents
 * include them, so that no page shows a run that the tool no longer prints.
 */
import { spawn } from "node:child_process";
import type { Environment } from "@pilot-light/core/config/env";
import xterm from "@xterm/headless";

/** The widths of a transcript. */
const widths = [100, 80] as const;

/** Node cannot open a pseudo-terminal. Python can, and the emulator needs Python anyway. */
const terminal = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";

export interface TranscriptCall {
  /** The command line that the transcript shows: "pnpm sync neon-to-rds --dry-run". */
  shown: string;
  /** The program and the arguments that run. */
  command: readonly string[];
  environment: Environment;
  directory?: string;
  /** Texts that differ from run to run, each with its replacement. Applied after the usual replacements. */
  replacements?: readonly Replacement[];
  /** Runs before the second width, to revert what the first run has changed. */
  between?: () => Promise<void>;
}

/** Runs a command in a terminal of each width; returns the text of the transcript. */
export async function transcriptOf(call: TranscriptCall): Promise<string> {
  const parts: string[] = [];
  for (const columns of widths) {
    if (parts.length > 0) await call.between?.();
    const { lines, exitCode } = await runOnScreen(call, columns);
    const text = lines.map((line) => steady(line, call.replacements ?? [])).join("\n");
    parts.push(`# ${columns} columns\n\n$ ${call.shown}\n${text}\n\n[exit ${exitCode}]\n`);
  }
  return parts.join("\n");
}

/** The part of a transcript with 100 columns, without its heading: what the documents include. */
export function widestPart(transcript: string): string {
  const start = transcript.indexOf("$ ");
  return transcript.slice(start, transcript.indexOf("\n# ", start)).trimEnd();
}

/** The lines of a transcript that are wider than the terminal although the command could have broken them between words. */
export function linesTooLong(transcript: string): string[] {
  let columns = 0;
  return transcript.split("\n").filter((line) => {
    columns = Number(/^# (\d+) columns$/.exec(line)?.[1] ?? columns);
    const longestWord = Math.max(...line.split(/\s+/).map((word) => word.length));
    return line.length > columns && longestWord < columns / 2;
  });
}

/** Runs a command; `lines` is what a terminal shows when it has ended, with redrawn lines as they ended. */
async function runOnScreen(
  { command, environment, directory }: TranscriptCall,
  columns: number,
): Promise<{ lines: string[]; exitCode: number }> {
  const screen = new xterm.Terminal({ cols: columns, rows: 500, allowProposedApi: true });
  const sized = `stty columns ${columns} rows 500 && exec "$@"`;
  const child = spawn("python3", ["-c", terminal, "sh", "-c", sized, "sh", ...command], {
    cwd: directory,
    env: { ...environment, TERM: "xterm", CI: "" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.stdout.on("data", (bytes: Buffer) => screen.write(bytes));
  const exitCode = await new Promise<number>((resolve) => child.on("close", (code) => resolve(code ?? -1)));
  // The terminal works through its queue.
  await new Promise<void>((resolve) => screen.write("", resolve));
  const lines: string[] = [];
  const { active } = screen.buffer;
  for (let row = 0; row < active.length; row += 1) {
    const line = active.getLine(row);
    const text = line?.translateToString(true) ?? "";
    // A line that the terminal had to break is one line.
    if (line?.isWrapped === true) lines.push(`${lines.pop() ?? ""}${text}`);
    else lines.push(text);
  }
  screen.dispose();
  while (lines.at(-1) === "") lines.pop();
  return { lines, exitCode };
}

const duration = String.raw`(?:\d+ min \d+ s|\d+\.\d s|\d+ ms)`;

type Replacement = readonly [pattern: RegExp, text: string];

const usualReplacements: readonly Replacement[] = [
  // The estimates of a plan depend on the measured round trips to the databases.
  [/^ {2}About \d+ s;/, "  About 4 s;"],
  [/ for about \d+ s of it\b/, " for about 1 s of it"],
  [new RegExp(String.raw`\b${duration}`, "g"), "0.5 s"],
  [/\b\d\.\d MB\b/g, "9.0 MB"],
  [/\b\d\d\.\d kB\b/g, "92.0 kB"],
  [/\b\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\b/g, "2026-11-26T09-30-00"],
  [/\b\d{4}-\d\d-\d\d \d\d:\d\d\b/g, "2026-11-26 09:30"],
  [/__pl_staging_\d{14}/g, "__pl_staging_20261126093000"],
  [/__pl_(old|undone)_\d{14}_\d+/g, "__pl_$1_20261126093000_16777"],
  [/\b127\.0\.0\.1:\d+\b/g, "127.0.0.1:15432"],
  [/(neon\.tech):\d+\b/g, "$1:5432"],
  [/\b[0-9A-F]{8}-[0-9A-F]{8}-\d\b/g, "00000003-0000001B-1"],
];

/** A line without what differs from run to run. A replaced duration at the end of a line keeps its last column. */
function steady(line: string, replacements: readonly Replacement[]): string {
  const [, text = line, end] = new RegExp(String.raw`^( *\S+ +\S.*?)(  +${duration})$`).exec(line) ?? [];
  const replaced = [...usualReplacements, ...replacements].reduce(
    (result, [pattern, by]) => result.replace(pattern, by),
    text,
  );
  return end === undefined ? replaced : `${replaced}${"0.5 s".padStart(line.length - replaced.length)}`;
}
