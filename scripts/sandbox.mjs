/** Runs a sandbox in a temporary directory for as long as a script needs it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustRun, root } from "./run.mjs";

const bin = join(root, "packages/sandbox/dist/bin.js");

/**
 * Starts a sandbox, calls `work` with its variables and its directory, and always stops the sandbox.
 * @template T
 * @param {(env: NodeJS.ProcessEnv, directory: string) => Promise<T>} work
 * @param {(title: string) => void} [onPart] called before the start and before the stop
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
 * The caller's environment without variables that could name a real database or account, and with the sandbox's variables.
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
