/** A fault between the tool and AWS becomes a result of the affected checks within a time limit, and affects no other check. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseDocument, runCommand } from "./command.ts";
import { startProxy, type Fate } from "@pilot-light/sandbox/aws/proxy";
import { startOwnEmulator, type OwnEmulator } from "./own-emulator.ts";
import { runValidation } from "./run-validation.ts";
import { registry } from "../src/registry.ts";
import { createEnvironment, type TestEnvironment } from "./support/environment.ts";

const pauses = { firstPause: 5, longestPause: 10 };
let emulator: OwnEmulator;
let environment: TestEnvironment;

beforeAll(async () => {
  emulator = await startOwnEmulator();
  environment = await createEnvironment(emulator.sandbox, { mode: "active" });
});
afterAll(async () => {
  await environment[Symbol.asyncDispose]();
  await emulator[Symbol.asyncDispose]();
});

async function through(
  decide: (service: string, before: number) => Fate,
  options: Parameters<typeof runValidation>[1],
) {
  await using proxy = await startProxy(emulator.url, decide);
  const report = await runValidation({ ...environment.env, AWS_ENDPOINT_URL: proxy.url }, options);
  const status = Object.fromEntries(report.checks.map(({ id, status }) => [id, status]));
  return {
    report,
    status,
    seen: proxy.seen,
    result: (id: string) => report.checks.find((check) => check.id === id),
  };
}

/** Skips the request that needs `--resolve`. */
const skip = ["alb-health"];

describe("throttling", () => {
  test("for a moment causes no problem: the call is repeated", async () => {
    const { status, seen } = await through(
      (service, before) => (service === "ecs" && before < 1 ? "throttle" : "forward"),
      {
        only: ["ecs-cluster"],
      },
    );
    expect(status["ecs-cluster"]).toBe("passed");
    expect(seen.get("ecs")).toBe(2);
  });

  test("without an end is a failure that may heal, and skips only what needs the check", async () => {
    const { status, result } = await through((service) => (service === "ecs" ? "throttle" : "forward"), {
      skip,
    });
    expect(result("ecs-cluster")).toMatchObject({ status: "failed", problems: [{ heals: true }] });
    expect(result("ecs-cluster")?.problems[0]?.message).toContain("Rate exceeded");
    expect(status).toMatchObject({
      "ecs-services": "skipped",
      "target-health": "skipped",
      cloudfront: "passed",
      vpc: "passed",
    });
  });
});

describe("an endpoint that never responds", () => {
  test("ends its check after the time limit, and does not delay the others", async () => {
    const { status, result } = await through((service) => (service === "cloudfront" ? "hang" : "forward"), {
      skip,
      timeout: 10_000,
    });
    expect(result("cloudfront")).toMatchObject({ status: "failed", error: { code: "CHECK_TIMEOUT" } });
    expect(Object.values(status).filter((value) => value === "failed")).toHaveLength(1);
  });

  test("in the first request of a run fails that check, and the others are skipped", async () => {
    const { report } = await through(() => "hang", { timeout: 500 });
    expect(report.checks[0]).toMatchObject({ status: "failed", error: { code: "CHECK_TIMEOUT", exit: 7 } });
    expect(report.summary).toMatchObject({ failed: 1, passed: 1, skipped: report.checks.length - 3 });
  });

  test("everywhere ends with the deadline of the run", async () => {
    const { report } = await through((service) => (service === "sts" ? "forward" : "hang"), {
      skip,
      deadline: 1500,
    });
    const failed = report.checks.filter(({ status }) => status === "failed");
    expect(failed.length).toBeGreaterThan(3);
    expect(new Set(failed.map(({ error }) => error?.code))).toEqual(new Set(["RUN_TIMEOUT"]));
  });

  test("does not keep the process alive", async () => {
    await using proxy = await startProxy(emulator.url, (service) =>
      service === "cloudfront" ? "hang" : "forward",
    );
    const env = { ...environment.env, AWS_ENDPOINT_URL: proxy.url };
    const result = await runCommand(env, ["--json", "--timeout", "1s", "--only", "cloudfront"]);
    expect(result.exitCode).toBe(1);
    expect(parseDocument(result).checks.at(-1)).toMatchObject({ id: "cloudfront", status: "failed" });
  });
});

test("every check has a result when the emulator stops during a run", async () => {
  const { report, status, result } = await through((service) => (service === "ecs" ? "stop" : "forward"), {
    skip,
  });
  expect(result("ecs-cluster")).toMatchObject({ status: "failed", problems: [{ heals: true }] });
  expect(status).toMatchObject({
    "terraform-outputs": "passed",
    "ecs-services": "skipped",
    "target-health": "skipped",
  });
  expect(report.mode).toBe("active");
  const expected = registry.filter(({ id, optional }) => optional !== true && !skip.includes(id));
  expect(report.checks.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
  const bugs = report.checks.filter(({ error }) => error?.code === "BUG");
  expect(bugs).toEqual([]);
});

describe("--wait", () => {
  test("continues until the failure has healed, and repeats only the failed check", async () => {
    const { report, seen } = await through(
      // The SDK makes three attempts of each call.
      (service, before) => (service === "cloudfront" && before < 6 ? 503 : "forward"),
      { skip, wait: 60_000, pauses },
    );
    expect(report.summary).toMatchObject({ failed: 0, skipped: 0 });
    expect(seen.get("cloudfront")).toBe(7);
    expect(seen.get("acm")).toBe(1);
  });

  test("ends immediately when a failure cannot heal", async () => {
    await environment.writeOutputs({ vpc_id: "vpc-00000000000000000" });
    try {
      const { seen } = await through((service) => (service === "cloudfront" ? 503 : "forward"), {
        only: ["vpc", "cloudfront"],
        wait: 60_000,
        pauses,
      });
      expect(seen.get("cloudfront")).toBe(3);
    } finally {
      await environment.writeOutputs({});
    }
  });

  test("ends when its time is over", async () => {
    const { status } = await through((service) => (service === "cloudfront" ? 503 : "forward"), {
      only: ["cloudfront"],
      wait: 500,
      pauses,
    });
    expect(status["cloudfront"]).toBe("failed");
  });
});
