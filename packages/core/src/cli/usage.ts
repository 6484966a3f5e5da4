/**
 * Checks a command line and reports problems in the words that were typed. yargs alone reads `--dry-run=yes` as false, names an unknown
 * option twice, and suggests commands that are not similar.
 */
import type { Argv, Options } from "yargs";
import { usage } from "../errors.ts";

/** The commands and options of a program. yargs adds those of a subcommand while it parses the command line. */
export interface Known {
  /** In the order of their addition: those of the program first, then those of the named command. */
  commands: string[];
  /** By name, with hyphens. */
  options: Map<string, Options>;
}

/** Records every command and option that is added after this call. */
export function recordKnown(argv: Argv): Known {
  const known: Known = { commands: [], options: new Map() };
  type Add = (...given: readonly unknown[]) => Argv;
  // Their overloads do not matter here: all arguments are passed on.
  const frame = argv as unknown as Record<"command" | "option", Add>;
  const addCommand = frame.command.bind(frame);
  const addOption = frame.option.bind(frame);
  const command: Add = (...given) => {
    const [first] = given;
    const text = typeof first === "string" ? first : (first as { command: string }).command;
    known.commands.push(text.split(" ")[0] ?? "");
    return addCommand(...given);
  };
  const option: Add = (...given) => {
    const [name, options] = given;
    if (typeof name === "string") known.options.set(name, options ?? {});
    return addOption(...given);
  };
  Object.assign(argv, { command, option });
  return known;
}

/**
 * The words of the command line that name a command: `["snapshots", "prune"]`.
 * @param given the arguments as they were typed
 */
export function commandWords({ commands }: Known, given: readonly string[]): string[] {
  const words = given.filter((word) => !word.startsWith("-"));
  const end = words.findIndex((word) => !commands.includes(word));
  return end === -1 ? words : words.slice(0, end);
}

/**
 * Checks that the words of a command line name a command.
 * @param words the arguments that are not options
 * @param top how many of the known commands are the program's own
 * @throws OpsError USAGE (usage)
 */
export function assertCommand({ commands }: Known, words: readonly string[], top: number): void {
  // The only command of a program has no name.
  if (commands.includes("$0")) return;
  const levels = [commands.slice(0, top), commands.slice(top)];
  for (const [index, names] of levels.entries()) {
    if (names.length === 0) return;
    const word = words[index];
    if (word === undefined) {
      throw usage({ problem: `A command is missing. The commands are: ${names.join(", ")}.` });
    }
    if (!names.includes(word)) {
      const advice = suggestion(word, names) ?? `The commands are: ${names.join(", ")}.`;
      throw usage({ problem: `Unknown command: ${word}. ${advice}` });
    }
  }
}

/**
 * Checks that the options of a command line exist, and that boolean options have a boolean value and do not contradict each other.
 * @throws OpsError USAGE (usage)
 */
export function assertOptions({ options }: Known, given: readonly string[]): void {
  const seen = new Map<string, { value: string; text: string }>();
  const unknown = new Set<string>();
  for (const [index, text] of given.entries()) {
    const { name: typed = "", value } = /^--(?<name>[^=]+)(?:=(?<value>.*))?$/s.exec(text)?.groups ?? {};
    if (typed === "" || typed === "help" || typed === "version") continue;
    const name = kebab(typed);
    const positive = name.replace(/^no-/, "");
    const isNegated = !options.has(name) && options.get(positive)?.type === "boolean";
    const option = options.get(isNegated ? positive : name);
    if (option === undefined) {
      unknown.add(typed);
      continue;
    }
    if (option.type !== "boolean") {
      if (option.array !== true && seen.has(name)) throw usage({ problem: `--${name} is given twice.` });
      seen.set(name, { value: "", text });
      continue;
    }
    if (isNegated && value !== undefined) {
      throw usage({
        problem: `--${name} takes no value, such as "${value}": use it without one, or write --${positive}=false.`,
      });
    }
    if (value !== undefined && !isBoolean(value)) {
      throw usage({
        problem: `--${name} is true or false, not "${value}": write --${name} or --${name}=true.`,
      });
    }
    const next = given[index + 1];
    // yargs reads `--flag false` as `--flag=false`.
    const effective = isNegated ? "false" : (value ?? (isBoolean(next) ? next : "true"));
    const key = isNegated ? positive : name;
    const before = seen.get(key);
    if (before !== undefined && before.value !== effective) {
      throw usage({ problem: `${before.text} and ${text} contradict each other.` });
    }
    seen.set(key, { value: effective, text });
  }
  const [first] = unknown;
  if (first === undefined) return;
  const names = [...unknown].map((name) => `--${name}`).join(", ");
  const more = unknown.size === 1 ? suggestion(first, [...options.keys()], "--") : undefined;
  const noun = unknown.size === 1 ? "option" : "options";
  throw usage({ problem: `Unknown ${noun}: ${names}.${more === undefined ? "" : ` ${more}`}` });
}

function isBoolean(text: string | undefined): text is "true" | "false" {
  return text === "true" || text === "false";
}

/** yargs reads `--dryRun` as `--dry-run`. */
function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Whether a word is nearly a name: one of three letters may differ, but no more than two in all. */
export function isSimilar(word: string, name: string): boolean {
  return distance(word, name) <= Math.min(2, Math.floor(word.length / 3));
}

/** "Did you mean list?", if the word is similar. */
function suggestion(word: string, names: readonly string[], before = ""): string | undefined {
  const [nearest] = names
    .filter((name) => isSimilar(word, name))
    .map((name) => ({ name, distance: distance(word, name) }))
    .sort((a, b) => a.distance - b.distance);
  return nearest === undefined ? undefined : `Did you mean ${before}${nearest.name}?`;
}

/** The number of letters to add, remove or replace between two words (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(b).entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
