/** Finding programs on the PATH, and the directory for what is downloaded once per user. */
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

/** Full path of a program on the PATH. */
export async function findProgram(name: string, environment: Environment): Promise<string | undefined> {
  for (const directory of (environment.PATH ?? "").split(delimiter)) {
    const file = join(directory, name);
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

/** Where downloaded programs are kept between runs. */
export function cacheDirectory(environment: Environment): string {
  const base = environment.XDG_CACHE_HOME;
  return join(base === undefined || base === "" ? join(homedir(), ".cache") : base, "pilot-light");
}
