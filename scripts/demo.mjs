/** `npm run demo`: sets up the machine, starts a sandbox, syncs Neon -> RDS in it, checks the result with pg_dump, stops everything. */
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
import { pnpmCommand, setup } from "./setup.mjs";

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
 * Compares both databases, syncs, and compares them again. Returns the number of lines in their dumps.
 * @param {NodeJS.ProcessEnv} env the sandbox's variables
 */
async function demonstrate(env) {
  const before = await compareDatabases(env);
  console.log(`\nThe dumps of neon and rds differ in ${before.different.length} lines.`);

  title("pnpm sync neon-to-rds --yes");
  await mustRun(process.execPath, [syncBin, "neon-to-rds", "--yes"], { env, show: true });
  const lines = await mustBeEqual(env);
  console.log(`\nneon and rds are equal: their dumps have the same ${lines} lines.`);

  title("pnpm sync rds-to-neon --dry-run");
  await mustRun(process.execPath, [syncBin, "rds-to-neon", "--dry-run"], { env, show: true });
  return mustBeEqual(env);
}

/**
 * Returns the number of lines in the dumps.
 * @param {NodeJS.ProcessEnv} env
 */
async function mustBeEqual(env) {
  const { same, different } = await compareDatabases(env);
  if (different.length === 0) return same;
  const lines = [`The dumps of neon and rds differ in ${different.length} lines:`, ...different.slice(0, 20)];
  throw new ScriptError(lines.join("\n  "));
}

/** @param {number} lines */
function summarize(lines) {
  title("Summary");
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  console.log(`  sync         copied neon to rds, and verified that both are equal`);
  console.log(`  comparison   the plain pg_dump of both databases has the same ${lines} lines`);
  console.log(`  dry run      planned a sync from rds to neon, and wrote nothing`);
  console.log(`  clean-up     stopped the servers and deleted their files`);
  console.log(`\nThe target is verified equal to the source. Done in ${seconds} s.`);
  whatNext();
}

/** Prints commands that work in the terminal of the person, even without pnpm. */
function whatNext() {
  const pnpm = pnpmCommand();
  if (pnpm === "pnpm") console.log("\nTo start your own sandbox, use it and stop it:\n");
  else console.log("\npnpm is not on the PATH, so start it with npx. Your own sandbox:\n");
  console.log(`  ${pnpm} sandbox up`);
  console.log(`  ${pnpm} sandbox run -- pnpm sync neon-to-rds --dry-run`);
  console.log(`  ${pnpm} sandbox down`);
}

/** @param {string} text */
function title(text) {
  console.log(`\n== ${text}\n`);
}
