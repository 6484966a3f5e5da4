/**
 * A printed command can be pasted: the names in it are quoted, for the server or for the shell. Every error of every registry is created with
 * facts that are awkward names. A new error is covered without being listed here.
 */
import { commandLine } from "@pilot-light/core/process";
import { shell } from "@pilot-light/core/output/shell";
import { ident, literal } from "@pilot-light/core/postgres/identifiers";
import { defineError } from "@pilot-light/core/ops-error";
import { describe, expect, test } from "vitest";
import { entries, type AnyEntry } from "./registries.ts";

/** With capital letters, both quotes, spaces and a hyphen. */
const awkward = `Mr "X"'s data-base`;

/** Facts that are numbers, or one of few words, all of them harmless. */
const words: Readonly<Record<string, unknown>> = {
  system: "rds",
  side: "target",
  direction: Object.assign(new String("neon-to-rds"), { name: "neon-to-rds", source: "neon", target: "rds" }),
  command: "activate",
  other: Object.assign(new String("activate"), { command: "activate", startedAt: "2026-11-22T09:30:00Z" }),
  limit: "role",
  lacking: ["create"],
  example: "postgresql://user:password@host/database",
  project: "cool-lab-12345678",
  option: "--keep-branch",
  default: "7",
  pid: 4711,
  major: 16,
};

/** Facts that are complete commands, or quoted already: who makes them quotes their names. */
const isPrepared = (fact: string) =>
  /[cC]ommands?$|Line$|^quoted/.test(fact) ||
  ["install", "deploy", "log", "wait", "remedy", "hint"].includes(fact);

/**
 * A fact of any type: a name, a list of one such fact, an object of such facts, or a number.
 * @param has whether an optional fact is given
 */
function anything(has: boolean, text = awkward): unknown {
  const inner = () => anything(has, text);
  return new Proxy([], {
    has: () => has,
    get: (_, fact, self: unknown) => {
      if (fact === Symbol.toPrimitive) return (type: string) => (type === "number" ? 3 : text);
      const list = [inner()];
      if (fact === Symbol.iterator) return list[Symbol.iterator].bind(list);
      if (typeof fact === "symbol") return undefined;
      if (fact === "length") return 1;
      if (fact === "0") return inner();
      if (["slice", "filter", "sort", "toSorted"].includes(fact)) return () => self;
      if (["toLocaleString", "toFixed"].includes(fact)) return () => "3";
      // Facts have the names of two methods: keys of dumps, and the time at which something happened.
      for (const value of ["keys", "at"].includes(fact) ? [] : [list, text]) {
        const method: unknown = Reflect.get(Object(value) as object, fact);
        if (typeof method === "function") return method.bind(value) as unknown;
      }
      if (fact in words) return words[fact];
      return isPrepared(fact) ? anything(has, "text") : inner();
    },
  });
}

/** The commands in a hint: in each line, every second part between two spaces. */
function commandsIn(hint: string): string[] {
  return hint.split("\n").flatMap((line) =>
    line
      .trim()
      .split(/ {2,}/)
      .filter((_, index) => index % 2 === 1),
  );
}

const isStatement = (text: string) =>
  /^(?:alter|comment on|create|drop|grant|reindex|revoke|select|set|update) [^]*;$/.test(text);

const partOfName = /Mr|X|data-base/;

/** Whether a part of the awkward name is neither in quotes of SQL nor in those of a shell. */
function isUnquoted(command: string): boolean {
  if (isStatement(command)) {
    return partOfName.test(command.replaceAll(/"(?:[^"]|"")*"|'(?:[^']|'')*'/g, ""));
  }
  const split = command.match(/(?:[^\s'"\\]|'[^']*'|"[^"]*"|\\.)+/g) ?? [];
  return split
    .map((word) => word.replaceAll(/'([^']*)'|\\(.)/g, "$1$2"))
    .some((word) => partOfName.test(word.replaceAll(awkward, "").replaceAll(ident(awkward), "")));
}

/** The commands that an entry prints, with facts that are awkward names: those of its hint, and statements in its details. */
function commandsOf({ hint, details }: AnyEntry): string[] {
  return [true, false].flatMap((has) => {
    const facts = anything(has) as never;
    // A fact that is printed as it is does not become a text by itself.
    const printed: unknown[] = [hint?.(facts) ?? "", ...(details?.(facts) ?? [])];
    const [first = "", ...others] = printed.map(String);
    const listed = others.flatMap((detail) => detail.split(/ {2,}/));
    return [...commandsIn(first), ...listed.filter(isStatement)];
  });
}

describe("the names in the commands of an error are quoted", () => {
  test.each(entries().map((entry) => [entry.code, entry] as const))("%s", (_, entry) => {
    expect(commandsOf(entry).filter(isUnquoted)).toEqual([]);
  });
});

test("the facts reach the commands: many errors print awkward names", () => {
  const named = entries()
    .flatMap(commandsOf)
    .filter((command) => command.includes("data-base"));
  expect(named.filter(isStatement).length).toBeGreaterThan(20);
  expect(named.filter((command) => !isStatement(command)).length).toBeGreaterThan(10);
});

test.each([
  ["a statement without quotes", (name: string) => `As an administrator:  alter role ${name} createdb;`],
  ["a statement with naive quotes", (name: string) => `As an administrator:  alter role "${name}" createdb;`],
  ["the second of two", (name: string) => `On rds:  drop role ${ident(name)}; drop role ${name};`],
  ["a command line", (name: string) => `To see it:  aws s3 cp ${name} -`],
  ["a command line with naive quotes", (name: string) => `To set it:  export RDS_IAM_USER='${name}'`],
])("%s is found", (_, hint) => {
  const unquoted = defineError<{ name: string }>({
    ...{ code: "UNQUOTED", failure: "target", meaning: "", remedy: "", message: () => "" },
    hint: ({ name }) => hint(name),
  });
  expect(commandsOf(unquoted.entry as AnyEntry).filter(isUnquoted)).not.toEqual([]);
});

test("quoted names are not", () => {
  const quoted = [
    `alter role ${ident(awkward)} createdb;`,
    `select 1 from pg_stat_activity where datname = ${literal(awkward)};`,
    shell`aws s3 cp ${awkward} --prefix=${awkward} -`,
    commandLine("pnpm", ["sync", "--schema", awkward]),
  ];
  expect(quoted.filter(isUnquoted)).toEqual([]);
});
