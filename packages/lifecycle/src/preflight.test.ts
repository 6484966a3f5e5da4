import { PassThrough } from "node:stream";
import type { WriteStream } from "node:tty";
import { Console } from "@pilot-light/core/console";
import { OpsError } from "@pilot-light/core/errors";
import { expect, test } from "vitest";
import { Preflight } from "./preflight.ts";

function start() {
  const stderr = Object.assign(new PassThrough(), { isTTY: false }) as unknown as WriteStream;
  const console = new Console({ environment: {}, verbose: false, json: false, colour: false, stderr });
  const preflight = new Preflight(console);
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
  new OpsError("precondition", code, `${code} it is.`, { hint: `mend ${code}` });

test("a look that holds is a line with what it saw", async () => {
  const { preflight, report } = start();
  const value = preflight.look("account", () => Promise.resolve({ value: 42, summary: "account 42" }));
  const { error, printed } = await report();
  expect(error).toBeUndefined();
  expect(await value).toBe(42);
  expect(printed).toMatch(/\+ ok +account +account 42 /);
});

test("all that fails is told, as one error with every hint, and that nothing was written", async () => {
  const { preflight, report } = start();
  void preflight.look("neon", () => Promise.reject(problem("NEON")));
  void preflight.look("rds", () => Promise.reject(problem("RDS")));
  const { error, printed } = await report();
  expect(error).toMatchObject({ code: "NEON", hint: "mend NEON" });
  const details = (error as OpsError).details.join("\n");
  expect(details).toContain("RDS it is.");
  expect(details).toContain("mend RDS");
  expect(details).toContain("Nothing was written.");
  expect(printed.match(/x FAIL/g)).toHaveLength(2);
});

test("what waits for a look that fails is skipped, not failed a second time", async () => {
  const { preflight, report } = start();
  const state = preflight.look<number>("state", () => Promise.reject(problem("STATE")));
  void preflight.look("plan", async () => ({ value: await state, summary: "" }));
  const { error, printed } = await report();
  expect(error).toMatchObject({ code: "STATE" });
  expect((error as OpsError).details).toEqual(["Nothing was written."]);
  expect(printed).toMatch(/- skip +plan +needs what has failed above/);
});

test("the report waits for the slowest look, whatever fails first", async () => {
  const { preflight, report } = start();
  let ended = false;
  void preflight.look("neon", () => Promise.reject(problem("NEON")));
  void preflight.look("plan", async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    ended = true;
    return { value: undefined, summary: "" };
  });
  await report();
  expect(ended).toBe(true);
});

test("an interruption wins over what it made fail", async () => {
  const { preflight, controller, report } = start();
  void preflight.look("neon", () => Promise.reject(problem("NEON")));
  const reason = new OpsError("interrupted", "INTERRUPTED", "Stopped by SIGINT.");
  controller.abort(reason);
  expect((await report()).error).toBe(reason);
});
