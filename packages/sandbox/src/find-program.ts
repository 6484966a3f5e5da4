/** Finds programs on the PATH, and names the directory for downloads. */
import { access, constants } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { Environment } from "@pilot-light/core/config/env";

/** Whether the file exists and may be executed. */
export async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Full path of a program that is given by its name on the PATH, or by a path; undefined when it is not there. */
export async function findProgram(name: string, environment: Environment): Promise<string | undefined> {
  if (name.includes("/")) return (await isExecutable(name)) ? name : undefined;
  for (const directory of (environment.PATH ?? "").split(delimiter)) {
    const file = join(directory, name);
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

/** The directory for downloaded programs, one per user. */
export function cacheDirectory(environment: Environment): string {
  const base = environment.XDG_CACHE_HOME;
  return join(base === undefined || base === "" ? join(homedir(), ".cache") : base, "pilot-light");
}
