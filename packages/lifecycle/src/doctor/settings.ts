/** The settings with which the doctor works: which variables are set, where each is from, and how the doctor prints them. */
import { readRegion } from "@pilot-light/core/aws/region";
import type { CommandContext } from "@pilot-light/core/cli/command";
import { isSecret } from "@pilot-light/core/config/settings-file";
import { readProject } from "@pilot-light/core/config/project";
import { variables, type Environment } from "@pilot-light/core/config/env";
import { defaultProjectName, defaultRegion } from "@pilot-light/core/contract";
import type { Examination } from "../setup-documents.ts";

/** An environment with which clients can be created, and the errors of what was not usable. The check `settings` reports them. */
export function usableEnvironment(environment: Environment): { environment: Environment; invalid: Error[] } {
  const invalid: Error[] = [];
  const usable = (name: string, value: string, check: () => unknown) => {
    try {
      check();
      return {};
    } catch (error) {
      invalid.push(error as Error);
      return { [name]: value };
    }
  };
  const corrected = {
    ...usable("AWS_REGION", defaultRegion, () => readRegion(environment)),
    ...usable("PROJECT_NAME", defaultProjectName, () => readProject(environment)),
  };
  return { environment: { ...environment, ...corrected }, invalid };
}

/** The variables that are set, and where each is from. */
export function settingsOf({ environment, settings }: CommandContext): Examination["settings"] {
  const applied = new Set(settings?.applied);
  const names = new Set([...Object.keys(variables), ...applied]);
  const set = [...names].filter(
    (name) => name !== "PILOT_LIGHT_ENV_FILE" && (environment[name] ?? "") !== "",
  );
  return {
    file: settings?.path ?? null,
    variables: set.map((name) => ({ name, from: applied.has(name) ? "file" : "environment" })),
  };
}

export function printSettings(
  { file, variables: set }: Examination["settings"],
  { environment, printer }: CommandContext,
): void {
  if (set.length === 0) {
    printer.line("No variable is set. To begin:  pnpm configure");
    printer.line();
    return;
  }
  printer.line(file === null ? "Settings" : `Settings  ${file}`);
  printer.line();
  const shown = (name: string) => {
    const value = environment[name] ?? "";
    return isSecret(name, value) ? "(secret)" : value;
  };
  printer.table(
    [{}, { wraps: true }, {}],
    set.map(({ name, from }) => [name, shown(name), from === "file" ? "settings file" : from]),
  );
  printer.line();
}
