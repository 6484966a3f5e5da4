import { setTimeout as sleep } from "node:timers/promises";
import { interrupted } from "@pilot-light/core/errors";
import { OpsError } from "@pilot-light/core/ops-error";
import { describe, expect, test } from "vitest";
import { failure, type Check } from "./check.ts";
import type { Mode } from "./mode.ts";
import { runChecks, type RunnerOptions } from "./runner.ts";
import { checkContext } from "./testing/check-context.ts";
import { sampleCheck } from "./testing/sample-check.ts";

function options(parts: Partial<RunnerOptions> = {}): RunnerOptions {
  return {
    context: (signal) => ({ ...checkContext({}), signal }),
    mode: () => Promise.resolve("active" as Mode),
    jobs: 8,
    timeout: 5000,
    signal: new AbortController().signal,
    ...parts,
  };
}

const failing = (id: string, parts: Partial<Check> = {}) =>
  sampleCheck(id, {
    ...parts,
    run: () => Promise.resolve({ summary: "bad", problems: [failure("broken", { text: "fix it" })] }),
  });
const briefly = (results: Awaited<ReturnType<typeof runChecks>>) =>
  results.map(({ id, status, summary }) => `${id} ${status}: ${summary}`);

test("results have the order of the checks, whichever ends first", async () => {
  const slow = sampleCheck("slow", { run: () => sleep(30, { summary: "at last" }) });
  const reported: string[] = [];
  const results = await runChecks(
    [slow, sampleCheck("quick")],
    options({ onResult: ({ id }) => reported.push(id) }),
  );
  expect(briefly(results)).toEqual(["slow passed: at last", "quick passed: quick is healthy"]);
  expect(reported).toEqual(["quick", "slow"]);
});

test("independent checks run at the same time, but never more than --jobs", async () => {
  let running = 0;
  let most = 0;
  const check = (id: string) =>
    sampleCheck(id, {
      run: async () => {
        most = Math.max(most, (running += 1));
        await sleep(10);
        running -= 1;
        return { summary: "done" };
      },
    });
  await runChecks(["a", "b", "c", "d", "e", "f"].map(check), options({ jobs: 3 }));
  expect(most).toBe(3);
});

test("a deployment as a fix keeps the mode", async () => {
  const problems = [failure("broken", { text: "Create the bucket", deploy: true })];
  const deploying = sampleCheck("bucket", { run: () => Promise.resolve({ summary: "bad", problems }) });
  const [result] = await runChecks([deploying], options({ mode: () => Promise.resolve("active") }));
  expect(result?.problems[0]?.fix).toBe("Create the bucket:  pnpm infra:deploy");
});

describe("dependencies", () => {
  test("a check starts after the checks that it needs", async () => {
    const order: string[] = [];
    const a = sampleCheck("a", { run: () => sleep(20).then(() => (order.push("a"), { summary: "" })) });
    const b = sampleCheck("b", {
      needs: ["a"],
      run: () => Promise.resolve((order.push("b"), { summary: "" })),
    });
    await runChecks([a, b], options());
    expect(order).toEqual(["a", "b"]);
  });

  test("a check whose needs failed, directly or not, is skipped and names the cause", async () => {
    const results = await runChecks(
      [
        failing("a"),
        sampleCheck("b", { needs: ["a"] }),
        sampleCheck("c", { needs: ["b"] }),
        sampleCheck("d"),
      ],
      options(),
    );
    expect(briefly(results)).toEqual([
      "a failed: bad",
      "b skipped: skipped: needs a",
      "c skipped: skipped: needs a",
      "d passed: d is healthy",
    ]);
  });

  test("a warning does not skip other checks; a check that is not selected counts as passed", async () => {
    const warns = sampleCheck("a", {
      run: () =>
        Promise.resolve({
          summary: "",
          problems: [{ severity: "warning", message: "hm", fix: { text: "check" } }],
        }),
    });
    const results = await runChecks([warns, sampleCheck("b", { needs: ["a", "absent"] })], options());
    expect(results.map(({ status }) => status)).toEqual(["warning", "passed"]);
  });
});

describe("modes", () => {
  const checks = (first: Check) => [
    first,
    sampleCheck("on", { mode: "active", needs: ["terraform-outputs"] }),
    sampleCheck("off", { mode: "pilot-light", needs: ["terraform-outputs"] }),
  ];

  test("only checks of the mode run", async () => {
    const results = await runChecks(checks(sampleCheck("terraform-outputs")), options());
    expect(briefly(results).slice(1)).toEqual([
      "on passed: on is healthy",
      "off not-applicable: only in pilot light",
    ]);
  });

  test("without readable outputs no mode is assumed: all checks of a mode are skipped", async () => {
    const mode = () => Promise.reject(new Error("must not be read"));
    const results = await runChecks(checks(failing("terraform-outputs")), options({ mode }));
    expect(results.map(({ status }) => status)).toEqual(["failed", "skipped", "skipped"]);
  });
});

describe("every outcome of a check is a result", () => {
  const one = async (run: Check["run"], parts: Partial<RunnerOptions> = {}) => {
    const [result] = await runChecks([sampleCheck("a", { run })], options(parts));
    return result;
  };

  test("a bug", async () => {
    const result = await one(() => {
      throw new TypeError("x is not a function");
    });
    expect(result).toMatchObject({
      status: "failed",
      error: { code: "BUG", exit: 70 },
      problems: [{ message: "a bug in this check: x is not a function" }],
    });
  });

  test("an expected error, with its hint", async () => {
    const error = new OpsError("configuration", "SOME_CODE", "It is so.", { hint: "Do this." });
    expect(await one(() => Promise.reject(error))).toMatchObject({
      status: "failed",
      error: { code: "SOME_CODE", exit: 3 },
      problems: [{ message: "It is so.", fix: "Do this." }],
    });
  });

  test("a timeout, even when the check ignores its signal; its requests are aborted", async () => {
    let aborted = false;
    const result = await one(
      ({ signal }) => {
        signal.addEventListener("abort", () => (aborted = true));
        return new Promise(() => undefined);
      },
      { timeout: 20 },
    );
    expect(result).toMatchObject({
      status: "failed",
      error: { code: "CHECK_TIMEOUT" },
      problems: [{ heals: true }],
    });
    expect(aborted).toBe(true);
  });

  test("the deadline of the run", async () => {
    const signal = AbortSignal.abort(new OpsError("aws", "RUN_TIMEOUT", "Too long."));
    expect(await one(() => new Promise(() => undefined), { signal })).toMatchObject({
      status: "failed",
      error: { code: "RUN_TIMEOUT" },
    });
  });
});

test("an interruption ends the run with its reason", async () => {
  const controller = new AbortController();
  const hanging = ["a", "b"].map((id) => sampleCheck(id, { run: () => new Promise(() => undefined) }));
  const running = runChecks(hanging, options({ signal: controller.signal }));
  controller.abort(interrupted({ signal: "SIGINT" }));
  await expect(running).rejects.toMatchObject({ code: "INTERRUPTED" });
});
