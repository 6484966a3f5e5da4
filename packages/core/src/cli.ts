/** The yargs frame all programs share: strict, help with exit codes and variables, usage errors as exit code 2. */
import yargs, { type Argv } from "yargs";
import { reportError } from "./command.ts";
import { Console } from "./console.ts";
import { processEnvironment, variables, type VariableName, type VariableSpec } from "./env.ts";
import { OpsError, exitCodeMeanings } from "./errors.ts";

/** Options every command has. */
export function commonOptions<T>(argv: Argv<T>) {
  return argv
    .option("verbose", {
      type: "boolean",
      default: false,
      describe: "Show every external command and more detail",
      group: "Output:",
    })
    .option("json", {
      type: "boolean",
      default: false,
      describe: "Print one JSON document on stdout",
      group: "Output:",
    })
    .option("color", { type: "boolean", describe: "Colours (--no-color turns them off)", group: "Output:" });
}

/** The end of a command's help: exit codes, and the variables it reads. */
export function helpEpilogue(names: readonly VariableName[]): string {
  const codes = Object.entries(exitCodeMeanings).map(
    ([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`,
  );
  const lines = names.flatMap((name) => {
    const spec: VariableSpec = variables[name];
    return [
      `  ${name}`,
      `      ${spec.description}${spec.default === undefined ? "" : ` [default: ${spec.default}]`}`,
    ];
  });
  return ["Exit codes:", ...codes, "", "Environment variables:", ...lines].join("\n");
}

/**
 * Parses the arguments and runs the command they name. Never throws; a usage error prints its message and exits 2.
 * @param program how a person calls it, such as "pnpm sync"
 */
export async function runCli(
  program: string,
  args: readonly string[],
  configure: (argv: Argv) => Argv,
): Promise<void> {
  // `pnpm sync -- --flag` hands the separator on.
  const given = args[0] === "--" ? args.slice(1) : [...args];
  // `pnpm --help` would be pnpm's own: several programs of ours have their name from the command.
  const helped = program.includes(" ") ? program : `${program} ${given[0] ?? ""}`.trim();
  const argv = configure(
    yargs([...given])
      .scriptName(program)
      .usage("$0 <command>")
      .strict()
      .demandCommand(1, "Which command?")
      .recommendCommands()
      .help()
      .alias("h", "help")
      .version(false)
      .wrap(Math.min(110, process.stdout.columns || 110))
      .parserConfiguration({ "duplicate-arguments-array": false })
      .exitProcess(false)
      .fail((message: string, error: unknown) => {
        throw error instanceof Error && !(error.name === "YError")
          ? error
          : new OpsError("usage", "USAGE", message, { hint: `See  ${helped} --help` });
      }),
  );
  try {
    await argv.parseAsync();
  } catch (error) {
    const console = new Console({
      environment: processEnvironment(),
      verbose: false,
      json: given.includes("--json"),
    });
    process.exitCode = reportError(console, program, error);
  }
}
