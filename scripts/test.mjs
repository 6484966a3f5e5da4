/** `npm test`: sets up the machine, runs all checks and all tests, and prints their sum. `npm test -- <filter>` runs the matching test files only. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { endProgramsOnInterrupt, exitCodeOf, interruptedBy, printError, root, run } from "./run.mjs";
import { setup } from "./setup.mjs";

/** @typedef {{ name: string, passed: number, failed: number, failures?: string[] }} Result */

/** Checks that read no build. */
const ofSources = ["check:lint", "check:format"];
/** The check that builds the packages. The other checks and some unit tests read the builds. */
const building = "check:types";
/** A check that takes a minute, most of it for a download. It runs at the same time as the integration tests, which often wait. */
const long = "check:fork";
const filters = process.argv.slice(2);
const reports = mkdtempSync(join(tmpdir(), "pilot-light-test-"));
/** @type {Result[]} */
const results = [];

endProgramsOnInterrupt();
try {
  await setup({ forTests: true });
  if (filters.length > 0) {
    await vitest("tests", filters);
  } else {
    const unit = () => vitest("unit tests", ["--project", "unit"], { show: false });
    await Promise.all([
      ...ofSources.map(check),
      check(building).then(() => Promise.all([...otherChecks().map(check), unit()])),
    ]);
    await Promise.all([vitest("integration tests", ["--project", "integration"]), check(long)]);
  }
} catch (error) {
  if (interruptedBy() === undefined) printError(error);
  results.push({ name: "run", passed: 0, failed: 1 });
} finally {
  rmSync(reports, { recursive: true, force: true });
}
process.exitCode = summarize();

/** The other `check:` scripts of package.json, such as dead code. */
function otherChecks() {
  /** @type {{ scripts: Record<string, string> }} */
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return Object.keys(manifest.scripts).filter(
    (name) => name.startsWith("check:") && ![...ofSources, building, long].includes(name),
  );
}

/**
 * Runs a script of package.json as one check.
 * @param {string} name
 */
async function check(name) {
  const { code, output } = await run("npm", ["--silent", "run", name]);
  add({ name, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 }, output);
}

/**
 * Runs vitest, and counts the tests in its JSON report.
 * @param {string} name
 * @param {readonly string[]} args
 * @param {{ show: boolean }} [options] `show`: prints the output while it runs, else at its end
 */
async function vitest(name, args, { show } = { show: true }) {
  if (show) console.log(`\n> ${name}`);
  const report = join(reports, `${name}.json`);
  const program = join(root, "node_modules/vitest/vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const { code, output } = await run(process.execPath, [program, "run", ...reporters, ...args], { show });
  const { passed, failed, failures } = read(report);
  // A failure outside of a test counts as one: a file that does not load, a failed global set-up, no test at all.
  add({ name, passed, failed: code === 0 ? failed : Math.max(failed, 1), failures }, output);
}

/** @typedef {{ fullName: string, status: string }} Test */
/** @typedef {{ name: string, status: string, assertionResults: Test[] }} TestFile */

/**
 * Reads vitest's report: the number of tests, and the failed ones as "file: test".
 * @param {string} report
 */
function read(report) {
  try {
    /** @type {{ numPassedTests: number, numFailedTests: number, testResults: TestFile[] }} */
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
    const failures = testResults.flatMap(({ name, status, assertionResults }) => {
      const failed = assertionResults.filter((test) => test.status === "failed");
      const file = relative(root, name);
      if (status === "failed" && failed.length === 0) return [`${file}: the file does not load`];
      return failed.map((test) => `${file}: ${test.fullName.trim()}`);
    });
    return { passed: numPassedTests, failed: numFailedTests, failures };
  } catch {
    return { passed: 0, failed: 0, failures: [] };
  }
}

/**
 * @param {Result} result
 * @param {string} output what has not been printed yet
 */
function add(result, output) {
  results.push(result);
  if (output !== "") console.log(`\n> ${result.name}\n${output.trimEnd()}`);
  console.log(`${result.failed === 0 ? "ok" : "FAILED"}  ${result.name}`);
}

/** Prints the results and, alone on the last line, their sum. Returns the exit code. */
function summarize() {
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  console.log("\nResults");
  for (const result of results) {
    const sign = result.failed === 0 ? "ok    " : "FAILED";
    console.log(`  ${sign}  ${result.name.padEnd(20)} ${result.passed} passed, ${result.failed} failed`);
    for (const failure of result.failures ?? []) console.log(`            ${failure}`);
  }
  console.log(`\n${passed} passed, ${failed} failed`);
  const signal = interruptedBy();
  if (signal !== undefined) return exitCodeOf(signal);
  return failed === 0 && passed > 0 ? 0 : 1;
}
