/** `pnpm configure`: writes the settings file, after it has shown what will be different. */
import { randomBytes } from "node:crypto";
import { chmod, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { canAsk, confirmByName } from "@pilot-light/core/cli/confirm";
import { isSecret, parseSettings } from "@pilot-light/core/config/settings-file";
import { confirmationNeeded } from "@pilot-light/core/errors";
import { commandLine } from "@pilot-light/core/process";
import { noSettingsGiven } from "../errors.ts";
import { askSettings } from "./ask.ts";
import { editSettings, type SettingChange } from "./edit-settings.ts";
import { givenSettings } from "./given.ts";

export interface ConfigureOptions {
  /** The file to write. */
  path: string;
  /** The option `--to`. */
  to: string | undefined;
  /** `NAME=value`, or `NAME` for the value of that environment variable. */
  set: readonly string[];
  dryRun: boolean;
  yes: boolean;
}

/**
 * Writes the file. Without `set` it asks on the terminal.
 * @throws OpsError NO_SETTINGS_GIVEN, SETTING_INVALID, SETTING_NOT_WRITABLE (usage), ENV_FILE_MALFORMED (configuration),
 *   CONFIRMATION_NEEDED, NOT_CONFIRMED (precondition)
 */
export async function configure(options: ConfigureOptions, context: CommandContext): Promise<CommandOutcome> {
  const { path, set, dryRun, yes } = options;
  const { environment, printer, signal } = context;
  const before = await readFile(path, "utf8").catch(() => "");
  const current = parseSettings(before, path);
  if (set.length === 0 && !canAsk()) throw noSettingsGiven();
  const wanted =
    set.length > 0 ? givenSettings(set, environment) : await askSettings(path, current, environment, signal);
  const changes = wanted.filter(({ name, value }) => (current[name] ?? "") !== value);
  const after = editSettings(before, path, changes);
  const document = {
    file: path,
    changes: changes.map(({ name, value }) => ({ name, action: actionOf(current[name], value) })),
  };
  if (changes.length === 0) {
    printer.line(`  ${path} is up to date.`);
    return { outcome: "unchanged", document };
  }
  printer.line(printer.colors.bold(`Configure  ${path}`));
  printer.line();
  for (const line of differenceLines(current, changes)) printer.line(`  ${line}`);
  printer.line();
  for (const line of adviceLines(wanted, current)) printer.row({ label: "  ", text: line });
  if (dryRun) return { outcome: "planned", document };
  if (!yes) {
    if (!canAsk()) {
      throw confirmationNeeded({ command: commandLine("pnpm", ["configure", ...again(options)]) });
    }
    await confirmByName("Write the file?", basename(path), signal);
  }
  await replaceFile(path, after);
  printer.line(`  written: ${path}`);
  printer.line("  To check it:  pnpm run doctor");
  return { outcome: "written", document };
}

function actionOf(old: string | undefined, value: string): "add" | "change" | "remove" {
  return value === "" ? "remove" : (old ?? "") === "" ? "add" : "change";
}

/** `- NAME=old` and `+ NAME=new`; a secret is not shown. */
function differenceLines(
  current: Readonly<Record<string, string>>,
  changes: readonly SettingChange[],
): string[] {
  const shown = (name: string, value: string) => `${name}=${isSecret(name, value) ? "(secret)" : value}`;
  return changes.flatMap(({ name, value }) => {
    const old = current[name] ?? "";
    return [
      ...(old === "" ? [] : [`- ${shown(name, old)}`]),
      ...(value === "" ? [] : [`+ ${shown(name, value)}`]),
    ];
  });
}

/** Where a secret should be, when the file does not hold it. */
function adviceLines(wanted: readonly SettingChange[], current: Readonly<Record<string, string>>): string[] {
  const written = wanted.some(({ name, value }) => name === "NEON_DATABASE_URL" && value !== "");
  if (written || (current["NEON_DATABASE_URL"] ?? "") !== "") return [];
  return [
    "NEON_DATABASE_URL is not in the file. A password manager can give it to one command, and CI has a store for secrets. In a shell:  read -rs NEON_DATABASE_URL && export NEON_DATABASE_URL",
  ];
}

function again({ set, to }: ConfigureOptions): string[] {
  return [...set.flatMap((one) => ["--set", one]), ...(to === undefined ? [] : ["--to", to])];
}

/** Writes the file completely or not at all. Only its owner may read it. */
async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString("hex")}`);
  try {
    await writeFile(temporary, text, { mode: 0o600, flag: "wx" });
    await chmod(temporary, 0o600);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}
