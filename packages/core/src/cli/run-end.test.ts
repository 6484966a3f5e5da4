import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { usage } from "../errors.ts";
import { processEnvironment } from "../config/env.ts";
import { Printer } from "../output/printer.ts";
import { openReport } from "../report/report-file.ts";
import { fakeTerminal } from "../testing/fake-terminal.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { afterEnd, type EndOptions } from "./run-end.ts";

let folder = "";
beforeEach(async () => {
  folder = await temporaryDirectory();
});

/** Ends a run that has changed nothing; returns the warnings. */
async function end(options: Partial<EndOptions>, variables: Readonly<Record<string, string>> = {}) {
  const environment = { PATH: processEnvironment().PATH, ...variables };
  const { stream } = fakeTerminal();
  const printer = new Printer({ environment, verbose: false, json: true, stdout: stream, stderr: stream });
  printer.redactor.add("hunter22");
  const document = { version: 2, command: "sync", outcome: "failed", error: { message: "hunter22" } };
  const run = { command: "sync", document, exit: 2, summary: "hunter22 was wrong.", next: [] };
  const error = usage({ problem: "hunter22" });
  const parts = {
    args: [],
    wasInterrupted: false,
    signal: new AbortController().signal,
    jobSummary: undefined,
  };
  await afterEnd(
    { run, error, environment, printer, ...parts },
    { changes: ["synced"], dryRun: false, report: undefined, ...options },
  );
  return printer.log.warnings;
}

const read = (name: string) => readFile(join(folder, name), "utf8").catch(() => undefined);
const hook = () => ({ PILOT_LIGHT_ON_END: `cat > ${join(folder, "hook")}` });

test("no report, job summary or hook contains a secret", async () => {
  const report = await openReport(join(folder, "report"));
  expect(await end({ report }, { ...hook(), GITHUB_STEP_SUMMARY: join(folder, "summary") })).toEqual([]);
  for (const name of ["report", "summary", "hook"]) {
    const text = await read(name);
    expect(text, name).toMatch(/was wrong/);
    expect(text, name).not.toContain("hunter22");
  }
});

test("a dry run, and a command that changes nothing, call no hook", async () => {
  await end({ dryRun: true }, hook());
  await end({ changes: [] }, hook());
  expect(await read("hook")).toBeUndefined();
  await end({}, hook());
  expect(await read("hook")).toBeDefined();
});

test("a summary that cannot be written is a warning", async () => {
  const [warning] = await end({}, { GITHUB_STEP_SUMMARY: join(folder, "none", "summary") });
  expect(warning).toMatch(/^The summary of the job was not written to .*ENOENT/);
});
