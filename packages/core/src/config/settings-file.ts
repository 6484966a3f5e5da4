/**
 * The settings file: `.env` in the current directory. It sets variables that the environment does not have. This file reads it; `env.ts`
 * applies it.
 */
import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseEnv } from "node:util";
import { envFileMalformed, envFileUnreadable } from "../errors.ts";
import { messageOf } from "../ops-error.ts";
import { readVariable, variables, type Environment, type VariableSpec } from "./env.ts";

/** The file that is read if no other is named. */
export const usualSettingsFile = ".env";

/** As a value of PILOT_LIGHT_ENV_FILE: no file is read. */
const noFile = "none";

/** A settings file that was read. */
interface SettingsFile {
  path: string;
  /** Its variables without the empty ones, by name. They may be secret. */
  values: Readonly<Record<string, string>>;
  /** The secrets in it that other users of the machine can read, by name. */
  exposed: readonly string[];
}

/** One variable in the text of a settings file. Lines count from 0; `end` is the line after it. */
interface SettingsEntry {
  name: string;
  begin: number;
  end: number;
}

/**
 * The directory in which the person typed the command: pnpm runs its scripts in the directory of package.json.
 * @param directory in which the process runs
 */
export function callersDirectory(environment: Environment, directory: string): string {
  const { INIT_CWD: typedIn, npm_package_json: script } = environment;
  const isScript = typedIn !== undefined && script !== undefined && dirname(script) === directory;
  return isScript ? typedIn : directory;
}

/** Where the settings are: in the named file, or in `.env`, which need not exist. Undefined if no file is to be read. */
function settingsPlace(
  option: string | undefined,
  environment: Environment,
  directory: string,
): { path: string; isNamed: boolean } | undefined {
  const named = option ?? readVariable(environment, "PILOT_LIGHT_ENV_FILE");
  if (named === noFile) return undefined;
  const base = callersDirectory(environment, directory);
  return { path: resolve(base, named ?? usualSettingsFile), isNamed: named !== undefined };
}

/**
 * Reads the settings file.
 * @param option the value of `--env-file`
 * @param directory in which the process runs
 * @returns undefined if there is no file to read
 * @throws OpsError ENV_FILE_UNREADABLE, ENV_FILE_MALFORMED (configuration)
 */
export function readSettings(
  option: string | undefined,
  environment: Environment,
  directory: string,
): SettingsFile | undefined {
  const place = settingsPlace(option, environment, directory);
  if (place === undefined) return undefined;
  const { path, isNamed } = place;
  const file = readText(path, isNamed);
  if (file === undefined) return undefined;
  const parsed = parseSettings(file.text, path);
  const values = Object.fromEntries(Object.entries(parsed).filter(([, value]) => value !== ""));
  const secrets = Object.keys(values)
    .filter((name) => isSecret(name, values[name] ?? ""))
    .sort();
  const othersRead = process.platform !== "win32" && (file.mode & 0o077) !== 0;
  return { path, values, exposed: othersRead ? secrets : [] };
}

/** @returns undefined if a file that was not named does not exist */
function readText(path: string, isNamed: boolean): { text: string; mode: number } | undefined {
  try {
    const { mode } = statSync(path);
    return { text: readFileSync(path, "utf8"), mode };
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    const isMissing = code === "ENOENT" || code === "ENOTDIR";
    // Python's tools create a directory with this name.
    if (!isNamed && (isMissing || code === "EISDIR")) return undefined;
    const reason = isMissing
      ? "it does not exist"
      : code === "EISDIR"
        ? "it is a directory"
        : messageOf(cause);
    throw envFileUnreadable({ file: path, reason }, { cause });
  }
}

/**
 * The values of a settings file, as Node.js parses it.
 * @throws OpsError ENV_FILE_MALFORMED (configuration): Node.js itself skips a line that it does not understand
 */
export function parseSettings(text: string, path: string): Readonly<Record<string, string>> {
  const lines = linesOf(text);
  scanSettings(lines, path);
  const parsed: Readonly<Record<string, string | undefined>> = parseEnv(lines.join("\n"));
  return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, value ?? ""]));
}

/** Its lines, without the byte order mark and the carriage returns of Windows. */
export function linesOf(text: string): string[] {
  return text.replace(/^\uFEFF/, "").split(/\r?\n/);
}

/**
 * Finds the variables of a settings file. No error repeats a line: it may hold a secret.
 * @throws OpsError ENV_FILE_MALFORMED (configuration) that names the line
 */
export function scanSettings(lines: readonly string[], path: string): SettingsEntry[] {
  const entries: SettingsEntry[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    if (/^\s*(?:#|$)/.test(line)) continue;
    const malformed = (problem: string) => envFileMalformed({ file: path, line: at + 1, problem });
    const { name, value } =
      /^\s*(?:export\s+)?(?<name>[A-Za-z_]\w*)\s*=\s*(?<value>.*)$/.exec(line)?.groups ?? {};
    if (name === undefined || value === undefined) throw malformed("is neither NAME=value nor a comment");
    const quote = /^["'`]/.exec(value)?.[0];
    let end = at;
    if (quote !== undefined && !value.slice(1).includes(quote)) {
      do end++;
      while (end < lines.length && !(lines[end] ?? "").includes(quote));
      if (end === lines.length) throw malformed(`begins a value with ${quote} that never ends`);
    }
    entries.push({ name, begin: at, end: end + 1 });
    at = end;
  }
  return entries;
}

/** Whether a value must not be shown: a variable that the registry calls secret, a name that means a secret, a URL with a password. */
export function isSecret(name: string, value: string): boolean {
  const spec = (variables as Readonly<Record<string, VariableSpec>>)[name];
  if (spec !== undefined) return spec.secret === true;
  return /PASSWORD|SECRET|TOKEN|API_?KEY|PRIVATE/i.test(name) || /^\w+:\/\/[^/\s]*:[^/\s]*@/.test(value);
}
