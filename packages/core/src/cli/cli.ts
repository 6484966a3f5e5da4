/** The yargs frame of every program: strict, with usage errors as exit code 2. */
import yargs, { type Argv } from "yargs";
import { reportError } from "./command.ts";
import { Printer } from "../output/printer.ts";
import { processEnvironment } from "../config/env.ts";
import { usage } from "../errors.ts";
import { OpsError } from "../ops-error.ts";
import { helpWidth, type Command } from "./define-command.ts";
import { assertCommand, assertOptions, commandWords, recordKnown } from "./usage.ts";

export interface ProgramOptions {
  /** A sentence for each word that has commands below it: `{ snapshots: "List or prune ..." }`. */
  groups?: Readonly<Record<string, string>>;
  /** The end of the program's help. */
  epilogue?: string;
}

/**
 * Parses the arguments and runs the command that they name. Never throws; a usage error prints its message and exits 2.
 * @param program how a person calls it, such as "pnpm sync"
 */
export async function runCli(
  program: string,
  args: readonly string[],
  commands: readonly Command[],
  { groups = {}, epilogue = "" }: ProgramOptions = {},
): Promise<void> {
  // `pnpm sync -- --flag` passes the separator to the program.
  const given = args[0] === "--" ? args.slice(1) : [...args];
  const own = given.includes("--") ? given.slice(0, given.indexOf("--")) : given;
  if (own.includes("--version")) {
    const { versionText } = await import("./version.ts");
    process.stdout.write(`${versionText(process.argv[1] ?? "")}\n`);
    return;
  }
  const frame = yargs([...given])
    .scriptName(program)
    .usage(isOnly(commands) ? `$0 [options]\n\n${commands[0]?.summary ?? ""}` : "$0 <command>")
    .strict()
    .help()
    .alias("h", "help")
    // Only for the help: the code above answers `--version`.
    .version("version", "Show the version", "")
    .wrap(helpWidth())
    .exitProcess(false)
    .fail((message: string, error: unknown) => {
      throw error instanceof Error && !(error.name === "YError") ? error : usage({ problem: message });
    });
  const known = recordKnown(frame);
  let checked = false;
  frame.middleware(({ _: words, help }) => {
    // yargs calls this again for the parent command while the subcommand runs.
    if (checked || help === true || own.at(-1) === "help") return;
    checked = true;
    assertCommand(known, words.map(String), top);
    assertOptions(known, own);
  }, true);
  const argv = addCommands(frame, commands, groups).epilogue(epilogue);
  const top = known.commands.length;
  try {
    await argv.parseAsync(given, {}, (_error: unknown, _arguments: unknown, help: string) => {
      if (help !== "") process.stdout.write(`${tidyHelp(help)}\n`);
    });
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

/** Help without what a reader does not need: the types of options, and defaults that mean "not given". */
function tidyHelp(help: string): string {
  const lines = help.split("\n").flatMap((line) => {
    const tidy = line
      .replaceAll(/\[(?:boolean|string|number|array)\] ?/g, "")
      .replaceAll(/\[default: (?:false|\[\])\]/g, "")
      .trimEnd();
    return tidy === "" && line.trim() !== "" ? [] : [tidy];
  });
  return lines.join("\n").replaceAll(/\n{3,}/g, "\n\n");
}

/** Whether a program has one command, which needs no word. */
function isOnly(commands: readonly Command[]): boolean {
  return commands.length === 1 && commands[0]?.words.length === 0;
}

function addCommands(
  argv: Argv,
  commands: readonly Command[],
  groups: Readonly<Record<string, string>>,
): Argv {
  const added = new Set<string>();
  for (const command of commands) {
    const [group = ""] = command.words;
    if (command.words.length < 2) command.addTo(argv);
    else if (!added.has(group)) {
      const members = commands.filter(({ words }) => words.length === 2 && words[0] === group);
      argv.command(group, groups[group] ?? "", (own) => {
        for (const member of members) member.addTo(own);
        return own.usage(`$0 ${group} <command>`);
      });
      added.add(group);
    }
  }
  return argv;
}
