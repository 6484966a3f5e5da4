/** The one form of a command: what it is called, what it takes, and the library function that it calls. */
import type { Argv, ArgumentsCamelCase } from "yargs";
import { variables, type VariableName } from "../config/env.ts";
import { assertNumbers } from "../config/numbers.ts";
import { exitCodeMeanings } from "../ops-error.ts";
import { layOut, mostColumns } from "../output/layout.ts";
import { runCommand, type CommandContext, type CommandEnding, type CommandOutcome } from "./command.ts";
import { commonOptions, reportOption, withOptions } from "./options.ts";

/** A command as its file defines it. */
export interface CommandDefinition<Options> extends CommandEnding {
  /**
   * The words that name it after the program, and its positional arguments: "neon-to-rds", "undo <database>", "snapshots prune".
   * Empty for the only command of a program.
   */
  words: string;
  /** How a person calls it after the program, if that is not `words`: pnpm itself has a command with that name. */
  calledAs?: string;
  /** What it is called in errors and `--json` documents: "sync neon-to-rds". */
  name: string;
  /** One sentence for `--help`, without a period. */
  summary: string;
  /** Its own options. Those of every command are added after them. */
  options: (argv: Argv) => Argv<Options>;
  /** Command lines with what they are for. */
  examples?: readonly (readonly [line: string, purpose: string])[];
  /** The variables that it reads. */
  variables: readonly VariableName[];
  /** The exit codes of its help, by number. Default: those of a command that connects to databases and to AWS. */
  exits?: Readonly<Record<number, string>>;
  /** Whether it has `--report`. */
  hasReport?: boolean;
  /** False for a command whose stdout belongs to another program: `--json` has no effect then. */
  printsDocument?: boolean;
  /** Imports the library function and calls it: heavy modules load when the command runs, not for `--help`. */
  run: (options: ArgumentsCamelCase<Options>, context: CommandContext) => Promise<CommandOutcome>;
}

/** A command of a program, with any options. */
export interface Command {
  words: readonly string[];
  summary: string;
  /** Adds it to yargs below its parent, under its last word and positional arguments. */
  addTo(argv: Argv): Argv;
}

/** Turns a definition into a command. */
export function defineCommand<Options>(definition: CommandDefinition<Options>): Command {
  const {
    words,
    calledAs = words,
    name,
    summary,
    examples = [],
    exits = exitCodeMeanings,
    run,
    forwardsSignals = false,
    changes = [],
    hasReport = false,
    printsDocument = true,
  } = definition;
  const parts = words.split(" ");
  const nouns = parts.filter((part) => !/^[<[]/.test(part));
  const own = words === "" ? "$0" : parts.slice(nouns.length - 1).join(" ");
  const read = [...new Set([...definition.variables, ...endVariables({ changes, hasReport })])];
  const build = (argv: Argv) => {
    // yargs lists groups in the order of their first option: those of the command come first.
    const own = definition.options(argv);
    const built = commonOptions(hasReport ? reportOption(own) : own).epilogue(helpEpilogue(read, exits));
    for (const [line, purpose] of examples) built.example(line, purpose);
    // The usage of a program's only command is that of the program.
    return words === "" ? built : built.usage(`$0 ${calledAs} [options]\n\n${summary}`);
  };
  return {
    words: words === "" ? [] : nouns,
    summary,
    addTo: (argv) =>
      argv.command(
        own,
        calledAs === words ? summary : `${summary} (pnpm ${calledAs})`,
        build,
        async (args) => {
          const flags = printsDocument ? args : { ...args, json: false };
          const runIt = (context: CommandContext) => {
            const environment = withOptions(context.environment, args);
            assertNumbers(environment, read);
            return run(args, { ...context, environment });
          };
          await runCommand(name, flags, runIt, { forwardsSignals, changes });
        },
      ),
  };
}

/** What the runner reads after the end of a command that changes something. */
function endVariables({ changes, hasReport }: { changes: readonly string[]; hasReport: boolean }) {
  const recorded = ["GITHUB_ACTOR", "GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"] as const;
  const changing = ["PILOT_LIGHT_ON_END", "PILOT_LIGHT_ON_END_SECONDS", "GITHUB_STEP_SUMMARY"] as const;
  return [...(changes.length > 0 ? changing : []), ...(changes.length > 0 || hasReport ? recorded : [])];
}

/** Columns of every help: those of the terminal, but no more than other output has. */
export function helpWidth(): number {
  return Math.min(mostColumns, process.stdout.columns || mostColumns);
}

/** The end of a command's help: exit codes, and the names of the variables that it reads. */
function helpEpilogue(names: readonly VariableName[], exits: Readonly<Record<number, string>>): string {
  const page = { width: helpWidth(), wraps: true };
  const codes = Object.entries(exits).flatMap(([code, meaning]) =>
    layOut({ label: `  ${code.padStart(3)}  `, text: meaning }, page),
  );
  const secret = names.filter((name) => "secret" in variables[name]);
  const other = names.filter((name) => !secret.includes(name));
  const read = [
    "Environment variables (docs/variables.md; `pnpm run doctor` shows where each value is from):",
    `  ${[...secret, ...other].join(", ")}`,
    "",
  ];
  return [...(names.length === 0 ? [] : read), "Exit codes (docs/errors.md):", ...codes].join("\n");
}
