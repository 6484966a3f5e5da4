/** Runs a command in a terminal, for tests of prompts. */
import { spawn } from "node:child_process";
import type { Environment } from "@pilot-light/core/config/env";

/** Node cannot open a pseudo-terminal. Python can, and the emulator needs Python anyway. */
const terminal = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
/** A new pseudo-terminal has no columns. */
const sized = 'stty columns 160 rows 50 && exec "$@"';

export interface TerminalRun {
  exitCode: number | null;
  /** Everything that the terminal received. */
  output: string;
}

/**
 * Runs a command and answers its prompts.
 * @param prompts each with a text that the terminal shows, and what to type then; a line ends with "\r", Ctrl-C is "\u0003"
 */
export async function runInTerminal(
  command: readonly string[],
  { environment, directory }: { environment: Environment; directory?: string },
  ...prompts: readonly { question: string; answer: () => string | Promise<string> }[]
): Promise<TerminalRun> {
  const child = spawn("python3", ["-c", terminal, "sh", "-c", sized, "sh", ...command], {
    cwd: directory,
    env: { ...environment, TERM: "xterm" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let output = "";
  const open = [...prompts];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    const [next] = open;
    if (next === undefined || !output.includes(next.question)) return;
    open.shift();
    void Promise.resolve(next.answer()).then(
      (typed) => child.stdin.write(typed),
      () => child.stdin.write("\u0003"),
    );
  });
  const exitCode = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { exitCode, output };
}
