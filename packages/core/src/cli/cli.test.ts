import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { runCli } from "./cli.ts";
import { defineCommand } from "./define-command.ts";

type Values = Readonly<Record<string, unknown>>;

let ran: Values | undefined;
beforeEach(() => {
  ran = undefined;
});
afterEach(() => {
  process.exitCode = undefined;
});

/** A program of two levels, as `pnpm activate` and `pnpm snapshots prune` are. */
const commands = ["activate", "down", "snapshots list", "snapshots prune"].map((words) =>
  defineCommand({
    words,
    name: words,
    summary: `Runs ${words}`,
    variables: [],
    options: (argv) =>
      argv
        .option("dry-run", { type: "boolean", default: false, group: "Safety:" })
        .option("sync-data", { type: "boolean" })
        .option("wait", { type: "string", coerce: (text: string) => text.trim() })
        .option("var", { type: "string", array: true, requiresArg: true }),
    run: (args) => {
      ran = args;
      return Promise.resolve({ outcome: "ran", document: {} });
    },
  }),
);

/** The message of a usage error as JSON; undefined when the command ran. */
async function failureOf(...args: string[]) {
  let text = "";
  vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation(() => true);
  await runCli("pnpm", [...args, "--json"], commands);
  if (ran !== undefined) return undefined;
  const { command, error } = JSON.parse(text) as {
    command: string;
    error: { message: string; hint: string; exit: number; code: string };
  };
  expect(process.exitCode).toBe(2);
  expect(error).toMatchObject({ exit: 2, code: "USAGE" });
  return { command, message: error.message, hint: error.hint };
}

const messageOf = async (...args: string[]) => (await failureOf(...args))?.message;

describe("a boolean option", () => {
  test.each(["yes", "1", "no", "TRUE", "on", ""])("with the value %j is a usage error", async (value) => {
    expect(await messageOf("activate", `--dry-run=${value}`)).toContain(
      `--dry-run is true or false, not "${value}"`,
    );
    expect(ran).toBeUndefined();
  });

  test.each([
    ["--dry-run", true],
    ["--dry-run=true", true],
    ["--dry-run=false", false],
    ["--no-dry-run", false],
    ["--dryRun=true", true],
  ])("%s is %s", async (flag, value) => {
    expect(await failureOf("activate", flag)).toBeUndefined();
    expect(ran).toMatchObject({ dryRun: value });
  });

  test("is checked for true and false below a subcommand and in camel case as well", async () => {
    expect(await messageOf("snapshots", "prune", "--dry-run=1")).toContain(
      '--dry-run is true or false, not "1"',
    );
    expect(await messageOf("activate", "--dryRun=1")).toContain('--dry-run is true or false, not "1"');
  });

  test("that is negated takes no value", async () => {
    expect(await messageOf("activate", "--no-dry-run=yes")).toContain("--no-dry-run takes no value");
  });

  test.each([
    ["--dry-run", "--no-dry-run"],
    ["--dry-run=false", "--dry-run"],
    ["--no-sync-data", "--sync-data"],
  ])("that is given and negated is a usage error: %s %s", async (first, second) => {
    expect(await messageOf("activate", first, second)).toBe(`${first} and ${second} contradict each other.`);
  });

  test("may be given twice", async () => {
    expect(await failureOf("activate", "--dry-run", "--dry-run=true")).toBeUndefined();
  });

  test("is not searched in the value of another option", async () => {
    expect(await failureOf("activate", "--var=dry-run=yes", "--var", "x=yes")).toBeUndefined();
    expect(ran).toMatchObject({ var: ["dry-run=yes", "x=yes"] });
  });
});

describe("an unknown command", () => {
  test("is named, and the nearest one with it", async () => {
    expect(await failureOf("snapshots", "lst")).toEqual({
      command: "snapshots",
      message: "Unknown command: lst. Did you mean list?",
      hint: "See  pnpm snapshots --help",
    });
  });

  test("that is similar to none gets no suggestion", async () => {
    expect(await messageOf("foo")).toBe("Unknown command: foo. The commands are: activate, down, snapshots.");
  });

  test("that is missing names the existing ones", async () => {
    expect(await messageOf("snapshots")).toBe("A command is missing. The commands are: list, prune.");
    expect(await messageOf()).toBe("A command is missing. The commands are: activate, down, snapshots.");
  });
});

describe("an unknown option", () => {
  test("is named once, as it was typed", async () => {
    expect(await failureOf("activate", "--sync-dta")).toEqual({
      command: "activate",
      message: "Unknown option: --sync-dta. Did you mean --sync-data?",
      hint: "See  pnpm activate --help",
    });
    expect(await messageOf("activate", "--one-thing", "--other=x")).toBe(
      "Unknown options: --one-thing, --other.",
    );
  });
});

test("an option with one value is given once, one with many as often as there are values", async () => {
  expect(await messageOf("activate", "--wait", "1m", "--wait=2m")).toBe("--wait is given twice.");
  expect(await failureOf("activate", "--var", "a=1", "--var", "b=2")).toBeUndefined();
  expect(ran).toMatchObject({ var: ["a=1", "b=2"] });
});

describe("help", () => {
  /** What `--help` prints. */
  async function helpOf(args: readonly string[], program = commands): Promise<string[]> {
    let text = "";
    vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
      text += String(chunk);
      return true;
    });
    await runCli("pnpm", [...args, "--help"], program);
    expect(ran).toBeUndefined();
    return text.split("\n");
  }

  test("of a program with several commands lists them", async () => {
    const [usage, ...lines] = await helpOf([]);
    expect(usage).toBe("pnpm <command>");
    expect(lines.join("\n")).toMatch(/pnpm activate +Runs activate/);
  });

  test("of a command starts with its usage and its own options, without types", async () => {
    const lines = await helpOf(["snapshots", "prune"]);
    expect(lines.slice(0, 3)).toEqual(["pnpm snapshots prune [options]", "", "Runs snapshots prune"]);
    const text = lines.join("\n");
    expect(text).not.toMatch(/\[boolean\]|\[string\]|\[default: false\]|\n\n\n/);
    expect(text.indexOf("--dry-run")).toBeLessThan(text.indexOf("--verbose"));
  });

  test("of the only command of a program has one usage line, without <command>", async () => {
    const only = defineCommand({
      words: "",
      name: "only",
      summary: "Does it",
      variables: [],
      options: (argv) => argv.option("strict", { type: "boolean", default: false }),
      run: () => Promise.resolve({ outcome: "ran", document: {} }),
    });
    const lines = await helpOf([], [only]);
    expect(lines.filter((line) => line.startsWith("pnpm"))).toEqual(["pnpm [options]"]);
    expect(lines.join("\n")).not.toContain("<command>");
  });
});

test.each([["--version"], ["snapshots", "prune", "--version"], ["activate", "--version", "--unknown"]])(
  "%s shows the version and runs nothing",
  async (...args) => {
    let text = "";
    vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
      text += String(chunk);
      return true;
    });
    await runCli("pnpm", args, commands);
    expect(text).toMatch(/^pilot-light /);
    expect(ran).toBeUndefined();
  },
);
