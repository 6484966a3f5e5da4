/** `pnpm sandbox run -- <command>`: runs one command with the sandbox's variables. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { defineCommand } from "@pilot-light/core/cli/define-command";
import type { Environment } from "@pilot-light/core/config/env";
import { programMissing, usage } from "@pilot-light/core/errors";
import { requireState, sandboxExits, sandboxOptions } from "./options.ts";

/** @param command the words after `--` */
export function runInSandboxCommand(command: readonly string[]) {
  return defineCommand({
    words: "run",
    name: "sandbox run",
    summary: "Run a command with the sandbox's variables, and exit with its exit code",
    options: (argv) => sandboxOptions(argv).usage("pnpm sandbox run [--dir <path>] -- <command>"),
    examples: [["pnpm sandbox run -- pnpm sync neon-to-rds", "sync the databases of the sandbox"]],
    variables: [],
    exits: sandboxExits({ 0: "the command succeeded; if it fails, its exit code" }),
    forwardsSignals: true,
    printsDocument: false,
    run: async (args, { environment }) => {
      const [program, ...programArgs] = command;
      if (program === undefined) {
        throw usage({
          problem: "No command was given.",
          hint: "Write it after two hyphens:  pnpm sandbox run -- <command>",
        });
      }
      const { withSandbox } = await import("../environment.ts");
      const variables = withSandbox(environment, await requireState(args.dir));
      return { outcome: "ran", document: {}, exit: await runThrough(program, programArgs, variables) };
    },
  });
}

/**
 * Runs a command on this process's own terminal and streams. Returns its exit code: 128 + n when signal n has ended it. Signals to
 * this process are forwarded to the command, which decides how to end; this process waits for it.
 */
async function runThrough(
  program: string,
  args: readonly string[],
  environment: Environment,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: "inherit", env: { ...environment } });
    const forward = (signal: NodeJS.Signals) => {
      // A terminal sends Ctrl-C to the command itself.
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    };
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
    for (const signal of signals) process.on(signal, forward);
    child.on("error", (cause) => {
      reject(programMissing({ program }, { cause }));
    });
    child.on("close", (code, ended) => {
      for (const signal of signals) process.off(signal, forward);
      resolve(code ?? 128 + (ended === null ? 0 : constants.signals[ended]));
    });
  });
}
