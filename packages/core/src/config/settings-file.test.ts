import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { callersDirectory, parseSettings, readSettings, scanSettings, linesOf } from "./settings-file.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "pilot-light-settings-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function write(name: string, text: string, mode = 0o600): Promise<string> {
  const file = join(directory, name);
  await writeFile(file, text);
  await chmod(file, mode);
  return file;
}

test("values with quotes, comments, several lines, and the line ends of Windows are read", () => {
  const text = `\uFEFF# a comment\r\nA=1 # one\r\nexport B='two words'\r\n\r\nC="line 1\nline 2"\nD=\nE=\`"'\`\n`;
  expect(parseSettings(text, ".env")).toEqual({
    A: "1",
    B: "two words",
    C: "line 1\nline 2",
    D: "",
    E: `"'`,
  });
});

test("the lines of each variable are found", () => {
  const lines = linesOf('# x\nA="1\n2"\n\nB=3\n');
  expect(scanSettings(lines, ".env")).toEqual([
    { name: "A", begin: 1, end: 3 },
    { name: "B", begin: 4, end: 5 },
  ]);
});

test.each([
  ["NEON_DATABASE_URL secret-word", "Line 2 ", "is neither NAME=value nor a comment"],
  ["1A=secret-word", "Line 2 ", "is neither NAME=value nor a comment"],
  ['A="secret-word\nB=2', "Line 2 ", 'begins a value with " that never ends'],
])(
  "%j is malformed: the error names the file and the line, and repeats nothing of it",
  (text, line, problem) => {
    const read = () => parseSettings(`# first\n${text}\n`, "/x/.env");
    expect(read).toThrow(expect.objectContaining({ code: "ENV_FILE_MALFORMED", exit: 3 }) as Error);
    expect(read).toThrow(`${line}of the settings file /x/.env ${problem}`);
    expect(read).not.toThrow("secret-word");
  },
);

test(".env in the current directory is read, and need not exist", async () => {
  expect(readSettings(undefined, {}, directory)).toBeUndefined();
  const path = await write(".env", "A=1\nEMPTY=\n");
  expect(readSettings(undefined, {}, directory)).toEqual({ path, values: { A: "1" }, exposed: [] });
});

test("a directory named .env is ignored", async () => {
  await mkdir(join(directory, ".env"));
  expect(readSettings(undefined, {}, directory)).toBeUndefined();
});

test("the option has precedence over PILOT_LIGHT_ENV_FILE, and that over .env", async () => {
  await write(".env", "A=1");
  await write("two.env", "A=2");
  await write("three.env", "A=3");
  const environment = { PILOT_LIGHT_ENV_FILE: "two.env" };
  expect(readSettings(undefined, environment, directory)?.values).toEqual({ A: "2" });
  expect(readSettings("three.env", environment, directory)?.values).toEqual({ A: "3" });
  expect(readSettings(undefined, { PILOT_LIGHT_ENV_FILE: "none" }, directory)).toBeUndefined();
});

test("a named file that does not exist is refused with its name", () => {
  const file = join(directory, "missing.env");
  expect(() => readSettings("missing.env", {}, directory)).toThrow(
    expect.objectContaining({
      code: "ENV_FILE_UNREADABLE",
      message: `Cannot read the settings file ${file}: it does not exist.`,
    }) as Error,
  );
});

test("the names of the secrets that other users can read are reported", async () => {
  const text =
    "NEON_DATABASE_URL=postgresql://a:b@c/d\nAWS_REGION=us-east-1\nMY_TOKEN=x\nOTHER=redis://a:b@c\n";
  await write(".env", text, 0o644);
  expect(readSettings(undefined, {}, directory)?.exposed).toEqual(["MY_TOKEN", "NEON_DATABASE_URL", "OTHER"]);
  await write(".env", "AWS_REGION=us-east-1", 0o644);
  expect(readSettings(undefined, {}, directory)?.exposed).toEqual([]);
});

test("with pnpm, the current directory is the one in which the person typed the command", () => {
  const typed = { INIT_CWD: "/repo/packages/sync", npm_package_json: "/repo/package.json" };
  expect(callersDirectory(typed, "/repo")).toBe("/repo/packages/sync");
  // If the program runs in another directory, the variables are from an outer script of pnpm.
  expect(callersDirectory(typed, "/tmp/other")).toBe("/tmp/other");
  expect(callersDirectory({}, "/repo")).toBe("/repo");
});
