/** `pnpm sandbox run -- <command>`: one command in the environment of the sandbox. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { runCommand } from "@pilot-light/core/cli/command";
import type { Environment } from "@pilot-light/core/config/env";
import { OpsError } from "@pilot-light/core/errors";
import type { Argv, ArgumentsCamelCase } from "yargs";
import { requireState, sandboxOptions } from "./options.ts";

function builder(argv: Argv) {
  return sandboxOptions(argv)
    .usage("pnpm sandbox run [--dir <path>] -- <command>")
    .example("pnpm sandbox run -- pnpm sync neon-to-rds --dry-run", "look at the plan of a sync");
}

type Args = ArgumentsCamelCase<Awaited<ReturnType<typeof builder>["argv"]>>;

/** @param command what followed `--` */
export function runInSandboxCommand(command: readonly string[]) {
  return {
    command: "run",
    describe: "Run a command with the environment of the sandbox; its exit code is passed on",
    builder,
    handler: (args: Args) =>
      runCommand(
        "sandbox run",
        { ...args, json: false },
        async ({ environment }) => {
          const [program, ...programArgs] = command;
          if (program === undefined) {
            throw new OpsError("usage", "USAGE", "No command was given.", {
              hint: "Put it after two hyphens: pnpm sandbox run -- <command>",
            });
          }
          const { withSandbox } = await import("../environment.ts");
          const variables = withSandbox(environment, await requireState(args.dir));
          return { outcome: "ran", document: {}, exit: await runThrough(program, programArgs, variables) };
        },
        { handsOnSignals: true },
      ),
  };
}

/**
 * Runs a command on this process's own terminal and streams; returns its exit code, 128 + n after signal n. When this
 * process is told to stop, the command decides what becomes of that: it is told, and waited for.
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
      const message = `Cannot start ${program}.`;
      reject(
        new OpsError("configuration", "PROGRAM_MISSING", message, { hint: "Is it on the PATH?", cause }),
      );
    });
    child.on("close", (code, ended) => {
      for (const signal of signals) process.off(signal, forward);
      resolve(code ?? 128 + (ended === null ? 0 : constants.signals[ended]));
    });
  });
}
