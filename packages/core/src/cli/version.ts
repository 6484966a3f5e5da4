/** The version of this repository: that of package.json, and the commit if git knows it. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Name of the package at the root of the repository. */
const rootPackage = "pilot-light";

/**
 * `pilot-light 0.1.0 (88a6653f1c2d)`.
 * @param program the file that Node.js runs, somewhere below the root
 */
export function versionText(program: string): string {
  const root = rootOf(program);
  if (root === undefined) return `${rootPackage}, version unknown`;
  const commit = commitOf(root.directory);
  return `${rootPackage} ${root.version}${commit === undefined ? "" : ` (${commit})`}`;
}

function rootOf(program: string): { directory: string; version: string } | undefined {
  for (let directory = dirname(program); dirname(directory) !== directory; directory = dirname(directory)) {
    const file = join(directory, "package.json");
    if (!existsSync(file)) continue;
    const { name, version } = JSON.parse(readFileSync(file, "utf8")) as { name?: unknown; version?: unknown };
    if (name === rootPackage && typeof version === "string") return { directory, version };
  }
  return undefined;
}

/** Undefined outside a clone, and without git. */
function commitOf(directory: string): string | undefined {
  // A copy inside another repository must not show the commit of that one.
  if (!existsSync(join(directory, ".git"))) return undefined;
  try {
    const text = execFileSync("git", ["rev-parse", "--short=12", "HEAD"], {
      cwd: directory,
      encoding: "utf8",
      timeout: 2000,
      stdio: ["ignore", "pipe", "ignore"],
    });
    return text.trim();
  } catch {
    return undefined;
  }
}
