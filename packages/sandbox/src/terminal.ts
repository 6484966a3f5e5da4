/** A command in a terminal, for tests of what it asks people. */
import { spawn } from "node:child_process";
import type { Environment } from "@pilot-light/core/config/env";

/** Node has no pseudo-terminals; Python has, and the emulator needs it anyway. */
const terminal = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
/** A new pseudo-terminal has no columns. */
const sized = 'stty columns 160 rows 50 && exec "$@"';

export interface TerminalRun {
  exitCode: number | null;
  /** All that was shown. */
  output: string;
}

/**
 * Runs a command and types once, when it has shown something.
 * @param question what it shows before it waits
 * @param answer what is typed; a line ends with "\r", Ctrl-C is "\u0003"
 */
export async function runInTerminal(
  command: readonly string[],
  { environment, directory }: { environment: Environment; directory?: string },
  { question, answer }: { question: string; answer: () => string | Promise<string> },
): Promise<TerminalRun> {
  const child = spawn("python3", ["-c", terminal, "sh", "-c", sized, "sh", ...command], {
    cwd: directory,
    env: { ...environment, TERM: "xterm" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let output = "";
  let isAsked = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    if (isAsked || !output.includes(question)) return;
    isAsked = true;
    void Promise.resolve(answer()).then(
      (typed) => child.stdin.write(typed),
      () => child.stdin.write("\u0003"),
    );
  });
  const exitCode = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { exitCode, output };
}
