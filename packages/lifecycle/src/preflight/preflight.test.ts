import { PassThrough } from "node:stream";
import type { WriteStream } from "node:tty";
import { Printer } from "@pilot-light/core/output/printer";
import { OpsError } from "@pilot-light/core/ops-error";
import { expect, test } from "vitest";
import { Preflight } from "./preflight.ts";

function start({ columns = 0, json = false } = {}) {
  const stderr = Object.assign(new PassThrough(), { isTTY: columns > 0, columns }) as unknown as WriteStream;
  const printer = new Printer({ environment: {}, verbose: false, json, color: false, stderr });
  const preflight = new Preflight(printer);
  const controller = new AbortController();
  return {
    preflight,
    controller,
    /** The report, its error caught, and what it printed. */
    report: async () => {
      const error = await preflight.report(controller.signal).catch((problem: unknown) => problem);
      stderr.end();
      return { error, printed: String(stderr.read() as unknown) };
    },
  };
}

const problem = (code: string) =>
  new OpsError("precondition", code, `${code} it is.`, { hint: `fix ${code}` });

test("a check that passes is a line with what it found", async () => {
  const { preflight, report } = start();
  const value = preflight.check("account", () => Promise.resolve({ value: 42, summary: "account 42" }));
  const { error, printed } = await report();
  expect(error).toBeUndefined();
  expect(await value).toBe(42);
  expect(printed).toMatch(/\+ ok +account +account 42 /);
});

test("all failures are one error with every hint, which states that nothing was written", async () => {
  const { preflight, report } = start();
  void preflight.check("neon", () => Promise.reject(problem("NEON")));
  void preflight.check("rds", () => Promise.reject(problem("RDS")));
  const { error, printed } = await report();
  expect(error).toMatchObject({ code: "NEON", hint: "fix NEON" });
  const details = (error as OpsError).details.join("\n");
  expect(details).toContain("RDS it is.");
  expect(details).toContain("fix RDS");
  expect(error).toMatchObject({ state: "nothing-written" });
  expect(printed.match(/x FAIL/g)).toHaveLength(2);
});

test("a check that waits for a failed one is skipped, not reported a second time", async () => {
  const { preflight, report } = start();
  const state = preflight.check<number>("state", () => Promise.reject(problem("STATE")));
  void preflight.check("plan", async () => ({ value: await state, summary: "" }));
  const { error, printed } = await report();
  expect(error).toMatchObject({ code: "STATE" });
  expect(error).toMatchObject({ details: [], state: "nothing-written" });
  expect(printed).toMatch(/- skip +plan +needs a check that failed/);
});

test("the report waits for the slowest check, even if another one fails first", async () => {
  const { preflight, report } = start();
  let ended = false;
  void preflight.check("neon", () => Promise.reject(problem("NEON")));
  void preflight.check("plan", async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    ended = true;
    return { value: undefined, summary: "" };
  });
  await report();
  expect(ended).toBe(true);
});

test("an interruption is reported instead of the failures that it caused", async () => {
  const { preflight, controller, report } = start();
  void preflight.check("neon", () => Promise.reject(problem("NEON")));
  const reason = new OpsError("interrupted", "INTERRUPTED", "Stopped by SIGINT.");
  controller.abort(reason);
  const { error } = await report();
  expect(error).toMatchObject({
    code: "INTERRUPTED",
    message: "Stopped by SIGINT.",
    details: [],
    state: "nothing-written",
  });
});

test("the details of a failure are printed once: at the end, or below its own row", async () => {
  const { preflight, report } = start();
  const failed = (code: string) => new OpsError("aws", code, `${code} it is.`, { details: [`of ${code}`] });
  void preflight.check("state", () => Promise.reject(failed("STATE")));
  void preflight.check("neon", () => Promise.reject(failed("NEON")));
  const { error, printed } = await report();
  expect((error as OpsError).details).toContain("of STATE");
  expect(printed).not.toContain("of STATE");
  expect((error as OpsError).details).not.toContain("of NEON");
  expect(printed).toContain("      of NEON\n");
});

test("on a terminal of 80 columns no row is longer", async () => {
  const { preflight, report } = start({ columns: 80 });
  const summary = "neondb @ ep-sandbox-000001.us-east-2.aws.neon.tech, PostgreSQL 15.18";
  void preflight.check("neon", () => Promise.resolve({ value: 1, summary }));
  const { printed } = await report();
  const rows = printed.slice(printed.indexOf("  + ok")).trimEnd().split("\n");
  expect(rows).toEqual([
    expect.stringMatching(/^ {2}\+ ok {4}neon {9}neondb @ +[\d.]+ m?s$/) as string,
    `${" ".repeat(23)}ep-sandbox-000001.us-east-2.aws.neon.tech,`,
    `${" ".repeat(23)}PostgreSQL 15.18`,
  ]);
  expect(rows[0]).toHaveLength(80);
});

test.each([false, true])("in a pipe it prints what it waits for; json: %s", async (json) => {
  const { preflight, report } = start({ json });
  void preflight.check("account", () => Promise.resolve({ value: 1, summary: "" }));
  void preflight.check("state", async () => {
    await new Promise((resolve) => setTimeout(resolve, 1200));
    return { value: 1, summary: "" };
  });
  const { printed } = await report();
  expect(printed).toMatch(/^ {2}checking {5}1\.0 s {2}state\n/);
});
