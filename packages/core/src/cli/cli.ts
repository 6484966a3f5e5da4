/** The yargs frame all programs share: strict, help with exit codes and variables, usage errors as exit code 2. */
import yargs, { type Argv } from "yargs";
import { reportError } from "./command.ts";
import { Printer } from "../output/printer.ts";
import { processEnvironment, variables, type VariableName, type VariableSpec } from "../config/env.ts";
import { OpsError, exitCodeMeanings } from "../errors.ts";
import { assertCommand, assertOptions, commandWords, recordKnown } from "./usage.ts";

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
  const own = given.includes("--") ? given.slice(0, given.indexOf("--")) : given;
  const frame = yargs([...given])
    .scriptName(program)
    .usage("$0 <command>")
    .strict()
    .help()
    .alias("h", "help")
    .version(false)
    .wrap(Math.min(110, process.stdout.columns || 110))
    .exitProcess(false)
    .fail((message: string, error: unknown) => {
      throw error instanceof Error && !(error.name === "YError")
        ? error
        : new OpsError("usage", "USAGE", message);
    });
  const known = recordKnown(frame);
  let checked = false;
  frame.middleware(({ _: words, help }) => {
    // Called again for the command above, when the one below it already runs.
    if (checked || help === true || own.at(-1) === "help") return;
    checked = true;
    assertCommand(known, words.map(String), top);
    assertOptions(known, own);
  }, true);
  const argv = configure(frame);
  const top = known.commands.length;
  try {
    await argv.parseAsync();
  } catch (error) {
    const printer = new Printer({
      environment: processEnvironment(),
      verbose: false,
      json: own.some((word) => word === "--json" || word === "--json=true"),
    });
    const words = commandWords(known, own);
    const name = [...program.split(" ").slice(1), ...words].join(" ") || program;
    const isBare = error instanceof OpsError && error.code === "USAGE" && error.hint === undefined;
    const hint = `See  ${[program, ...words].join(" ")} --help`;
    process.exitCode = reportError(printer, name, isBare ? error.with({ hint }) : error);
  }
}
