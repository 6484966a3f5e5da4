/** A sandbox for as long as a script needs it, in a directory of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustRun, root } from "./run.mjs";

const bin = join(root, "packages/sandbox/dist/bin.js");

/**
 * Starts a sandbox, does the work and stops it, whatever happens. `work` gets its environment and its directory.
 * @template T
 * @param {(env: NodeJS.ProcessEnv, directory: string) => Promise<T>} work
 * @param {(title: string) => void} [onPart] told before it is started and before it is stopped
 */
export async function withSandbox(work, onPart = () => {}) {
  const directory = mkdtempSync(join(tmpdir(), "pilot-light-script-"));
  try {
    onPart("Sandbox: two PostgreSQL servers and an AWS emulator");
    await mustRun(process.execPath, [bin, "up", "--dir", directory], { show: true });
    return await work(await environmentOf(directory), directory);
  } finally {
    onPart("Clean-up");
    await mustRun(process.execPath, [bin, "down", "--dir", directory], { show: true, evenInterrupted: true });
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * The caller's environment without anything that could lead to a real database or account, and with the sandbox's.
 * @param {string} directory
 */
async function environmentOf(directory) {
  const { stdout } = await mustRun(process.execPath, [bin, "env", "--json", "--dir", directory]);
  const real = /^(AWS_|PG|NEON_|RDS_|PROJECT_NAME$|PILOT_LIGHT_(?!PG_BIN$))/;
  const harmless = Object.entries(process.env).filter(([name]) => !real.test(name));
  /** @type {{ environment: Record<string, string> }} */
  const { environment } = JSON.parse(stdout);
  return { ...Object.fromEntries(harmless), ...environment };
}
