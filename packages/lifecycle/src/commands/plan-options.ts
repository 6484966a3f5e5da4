/** The options of every command that creates a Terraform plan: the variables, and the flags of the guards. */
import { resolve } from "node:path";
import { usage } from "@pilot-light/core/errors";
import type { Argv } from "yargs";
import type { FlaggedCommand } from "../options.ts";
import { guards } from "../plan/guards/index.ts";
import { parseVariable, type TerraformVariable } from "../terraform/variables.ts";

/** @throws OpsError USAGE (usage) */
function parseVariables(pairs: readonly string[]): readonly { name: string; value: string }[] {
  return pairs.map((pair) => {
    const variable = parseVariable(pair);
    if (variable === undefined) throw usage({ problem: `--var must be name=value, not ${pair}.` });
    return variable;
  });
}

/** `--var` and `--var-file`. */
export function variableOptions<T>(argv: Argv<T>) {
  return argv
    .option("var", {
      type: "string",
      array: true,
      nargs: 1,
      default: [],
      describe: "Terraform variable, as name=value; may be repeated",
      group: "Work:",
      requiresArg: true,
      coerce: parseVariables,
    })
    .option("var-file", {
      type: "string",
      array: true,
      nargs: 1,
      default: [],
      describe: "File with Terraform variables; may be repeated",
      group: "Work:",
      requiresArg: true,
    });
}

/** The variables. Those of files come first, because a later value has precedence. */
export function variablesOf(parsed: {
  var: readonly { name: string; value: string }[];
  varFile: readonly string[];
}): TerraformVariable[] {
  return [...parsed.varFile.map((file) => ({ file: resolve(file) })), ...parsed.var];
}

/** The flags of the guards, by their id. */
export type GuardFlags = Readonly<Record<`allow-${string}`, boolean>>;

/** Adds `--allow-<id>` for each guard of a command that a flag allows. */
export function guardOptions<T>(argv: Argv<T>, command: FlaggedCommand): Argv<T & GuardFlags> {
  for (const { id, commands, allow } of guards) {
    if (allow === undefined || !commands.includes(command)) continue;
    argv.option(`allow-${id}`, {
      type: "boolean",
      default: false,
      describe: allow.summary,
      group: "Guards:",
    });
  }
  // yargs changes `argv` itself; its types follow only options that are named one by one.
  return argv as Argv<T & GuardFlags>;
}

/** Ids of the guards whose flags were given. */
export function allowedGuards(parsed: GuardFlags): ReadonlySet<string> {
  return new Set(guards.map(({ id }) => id).filter((id) => parsed[`allow-${id}`]));
}
