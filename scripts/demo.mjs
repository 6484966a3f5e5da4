/** `npm run demo`: set-up, a sandbox, a real sync Neon -> RDS in it, a check of the result by other means, and everything stopped. */
import { join } from "node:path";
import { compareDatabases } from "./compare.mjs";
import {
  ScriptError,
  endProgramsOnInterrupt,
  exitCodeOf,
  interruptedBy,
  mustRun,
  printError,
  root,
} from "./run.mjs";
import { withSandbox } from "./sandbox.mjs";
import { setup } from "./setup.mjs";

const started = Date.now();
const syncBin = join(root, "packages/sync/dist/bin.js");

endProgramsOnInterrupt();
process.exitCode = await main();

/** Returns the exit code. */
async function main() {
  try {
    await setup({ forTests: false });
    const lines = await withSandbox(demonstrate, title);
    summarize(lines);
    return 0;
  } catch (error) {
    const signal = interruptedBy();
    if (signal !== undefined) return exitCodeOf(signal);
    printError(error);
    console.error("\nThe demo failed.");
    return 1;
  }
}

/**
 * The sync, between two looks at both databases. Returns the lines of their dumps, equal on both sides.
 * @param {NodeJS.ProcessEnv} env the sandbox's
 */
async function demonstrate(env) {
  const before = await compareDatabases(env);
  console.log(`\nneon and rds differ in ${before.different.length} lines of their dumps.`);

  title("pnpm sync neon-to-rds --yes");
  await mustRun(process.execPath, [syncBin, "neon-to-rds", "--yes"], { env, show: true });
  const lines = await mustBeEqual(env);
  console.log(`\nneon and rds are equal: ${lines} lines of plain pg_dump, the same on both sides.`);

  title("pnpm sync rds-to-neon --dry-run");
  await mustRun(process.execPath, [syncBin, "rds-to-neon", "--dry-run"], { env, show: true });
  return mustBeEqual(env);
}

/**
 * Returns the lines of the dumps.
 * @param {NodeJS.ProcessEnv} env
 */
async function mustBeEqual(env) {
  const { same, different } = await compareDatabases(env);
  if (different.length === 0) return same;
  const lines = [`neon and rds differ in ${different.length} lines:`, ...different.slice(0, 20)];
  throw new ScriptError(lines.join("\n  "));
}

/** @param {number} lines */
function summarize(lines) {
  title("Summary");
  console.log(`  sync         neon -> rds ran for real; the target is verified equal by its own checks`);
  console.log(`  independent  plain pg_dump of both databases: ${lines} lines, no difference`);
  console.log(`  dry run      rds -> neon planned, nothing written`);
  console.log(`  left behind  nothing: servers stopped, their files removed`);
  console.log(
    `\nThe target is verified equal to the source. Done in ${((Date.now() - started) / 1000).toFixed(0)} s.`,
  );
}

/** @param {string} text */
function title(text) {
  console.log(`\n== ${text}\n`);
}
