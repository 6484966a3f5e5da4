/** The complete command: arguments, exit codes, reports. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { motoUrl } from "@pilot-light/sandbox/aws/moto";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkedDocument, parseDocument, runCommand } from "./command.ts";
import { startProxy } from "@pilot-light/sandbox/aws/proxy";
import { registry } from "../src/registry.ts";
import { createEnvironment, type TestEnvironment } from "./support/environment.ts";

let environment: TestEnvironment;
let directory: string;

beforeAll(async () => {
  environment = await createEnvironment(testSandbox(), { mode: "pilot-light" });
  directory = environment.env.TMPDIR ?? "";
});
afterAll(async () => {
  await environment[Symbol.asyncDispose]();
});

const run = (args: readonly string[], env: Record<string, string> = {}) =>
  runCommand({ ...environment.env, ...env }, args);

describe("unreadable outputs never lead to a mode", () => {
  test.each([
    ["an empty file", "", "OUTPUTS_UNREADABLE"],
    ["no JSON", "Warning: No outputs found", "OUTPUTS_UNREADABLE"],
    ["no stack", "{}", "OUTPUTS_EMPTY"],
    ["a stack that was never deployed", '{"STACK":{}}', "OUTPUTS_EMPTY"],
    ["other types", '{"STACK":{"dev_activated":"false"}}', "OUTPUTS_INVALID"],
    ["a list", "[]", "OUTPUTS_UNREADABLE"],
  ])("%s ends with exit code 3", async (_, text, code) => {
    const file = join(directory, "outputs-test.json");
    await writeFile(file, text.replace("STACK", `${environment.project}-dev`));
    const result = await run(["--json", "--outputs-file", file]);
    const { mode, outcome, checks } = parseDocument(result);
    expect(result.exitCode).toBe(3);
    expect({ mode, outcome }).toEqual({ mode: null, outcome: "unhealthy" });
    expect(checks.find(({ id }) => id === "terraform-outputs")).toMatchObject({ error: { code } });
    expect(result.stdout.toLowerCase()).not.toContain("pilot light");
  });

  test("a missing file ends with exit code 3, without a mode", async () => {
    const result = await run(["--outputs-file", join(directory, "none.json")]);
    expect(result.exitCode).toBe(3);
    expect(result.stderr).toContain("mode unknown: ");
  });

  test("the text lists what is missing", async () => {
    const file = join(directory, "outputs-missing.json");
    const { vpc_id, database_port, ...rest } = environment.outputs;
    await writeFile(file, JSON.stringify({ [`${environment.project}-dev`]: rest }));
    const { stderr } = await run(["--outputs-file", file]);
    expect([vpc_id, database_port]).not.toContain(undefined);
    expect(stderr).toMatch(/FAIL +terraform-outputs +not checked/);
    for (const name of ["vpc_id", "database_port"]) {
      expect(stderr).toMatch(new RegExp(`^ {13}.*${name}`, "m"));
    }
  });
});

describe("exit codes", () => {
  test.each([
    [["--nonsense"], "Unknown option: --nonsense", "USAGE"],
    [["--only", "nope"], 'There is no check "nope"', "UNKNOWN_CHECK"],
    [["--skip", "aws-credentials"], "cannot be skipped", "CHECK_ESSENTIAL"],
    [["--wait=soon"], "--wait must be a duration", "USAGE"],
  ])("%j is a usage error: 2", async (args, message, code) => {
    const result = await run(args);
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain(message);
    expect(result.stderr).toContain(code);
  });

  test("an address and files that cannot be used: 3, with the way to write them", async () => {
    const unknown = join(directory, "unknown.json");
    const waived = { check: "nope", until: "2027-01-31", reason: "none" };
    await writeFile(unknown, JSON.stringify({ waivers: [waived] }));
    for (const { args, code, hint } of [
      { args: ["--resolve", "nowhere"], code: "ADDRESS_INVALID", hint: "--resolve 127.0.0.1:8443" },
      { args: ["--waivers", "/nowhere/waivers.json"], code: "WAIVERS_UNREADABLE", hint: '{ "waivers": [' },
      { args: ["--waivers", unknown], code: "WAIVERS_INVALID", hint: '{ "waivers": [' },
    ]) {
      const result = await run(["--json", ...args]);
      expect(result.exitCode, result.stderr).toBe(3);
      const state = "nothing-written";
      const text = expect.stringContaining(hint) as string;
      expect(checkedDocument(result)).toMatchObject({
        outcome: "failed",
        error: { code, state, hint: text },
      });
    }
    // The validation is complete, and its report is not.
    const unwritable = await run(["--json", "--only", "backups-bucket", "--junit", "/nowhere/junit.xml"]);
    expect(unwritable.exitCode, unwritable.stderr).toBe(3);
    const error = {
      code: "REPORT_UNWRITABLE",
      message: expect.stringContaining("/nowhere/junit.xml") as string,
    };
    expect(checkedDocument(unwritable)).toMatchObject({ outcome: "failed", error });
  });

  test("an account other than the expected one: 4, also as JSON", async () => {
    const result = await run(["--json"], { PILOT_LIGHT_ACCOUNT_ID: "999999999999" });
    expect(result.exitCode).toBe(4);
    expect(parseDocument(result).checks[0]).toMatchObject({ error: { code: "WRONG_ACCOUNT" } });
  });

  test("no credentials: 7", async () => {
    const result = await run([], { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" });
    expect(result.exitCode).toBe(7);
    expect(result.stderr).toContain("fix: Log in again, for example:  aws sso login");
  });

  test("warnings alone: 0, with --strict 1", async () => {
    const only = ["--only", "databases"];
    const warns = { NEON_DATABASE_URL: "" };
    expect((await run(only, warns)).exitCode).toBe(0);
    expect((await run([...only, "--strict"], warns)).exitCode).toBe(1);
  });

  test("Ctrl-C: 130, in the middle of a request that is never answered", async () => {
    await using proxy = await startProxy(motoUrl(testSandbox().state.moto), () => "hang");
    const env = { ...environment.env, AWS_ENDPOINT_URL: proxy.url };
    const bin = join(import.meta.dirname, "../dist/bin.js");
    const child = execa(process.execPath, [bin], { env, extendEnv: false, reject: false });
    while (proxy.seen.size === 0) await sleep(20);
    child.kill("SIGINT");
    const result = await child;
    expect(result.exitCode).toBe(130);
    expect(result.stderr).toContain("INTERRUPTED");
  });
});

describe("reports", () => {
  const broken = { NEON_DATABASE_URL: "", RDS_HOSTADDR: "127.0.0.1:1" };

  test("a pipe receives plain lines with the problem, the fix, and the page", async () => {
    const { stdout, stderr, exitCode } = await run(["--only", "databases"], broken);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 1 });
    // No colors, no signs of a terminal.
    expect(stderr).toMatch(/^[\x20-\x7e\n]+$/);
    expect(stderr).toMatch(/^Validate {2}t-\w+ dev, us-east-1 +mode: pilot light$/m);
    expect(stderr).toMatch(
      /^ {2}\+ ok +terraform-outputs +pilot light, \d+ outputs, read from .* [\d.]+ m?s$/m,
    );
    expect(stderr).toMatch(/^ {2}x FAIL +databases +neon not connected, rds not connected/m);
    expect(stderr).toContain("rds (");
    expect(stderr).toContain("fix: ");
    expect(stderr).toContain("more: docs/checks/databases.md");
    expect(stderr.trimEnd().split("\n").at(-1)).toMatch(
      /^ {2}pilot light: 3 passed, 0 warnings, 1 failed, 0 skipped in \d/,
    );
  });

  test("JUnit has a case for each check, without characters that XML does not allow", async () => {
    const file = join(directory, "junit.xml");
    await run(["--only", "databases", "--junit", file], broken);
    const text = await readFile(file, "utf8");
    expect(text).toContain('tests="4" failures="1"');
    expect(text).toMatch(
      /<testcase classname="validate" name="databases" time="[\d.]+">\s*<failure message="/,
    );
    expect(text).toMatch(
      /<testcase classname="validate" name="aws-credentials" time="[\d.]+">\s*<system-out>/,
    );
  });

  test("GitHub receives annotations and a job summary, and stdout stays empty", async () => {
    const summary = join(directory, "summary.md");
    const github = { ...broken, GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: summary };
    const { stdout, stderr } = await run(["--only", "databases"], github);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^::error title=validate%3A databases::Cannot reach rds .*%0Afix: /m);
    expect(stderr).toMatch(/^::warning title=validate%3A databases::cannot check Neon/m);
    const text = await readFile(summary, "utf8");
    expect(text).toContain(`## Validate ${environment.project} dev: pilot light`);
    expect(text).toContain(" failed | [databases](docs/checks/databases.md) |");
  });

  test("a waiver accepts the failure until its date", async () => {
    const file = join(directory, "waivers.json");
    const waive = async (until: string) => {
      await writeFile(file, JSON.stringify({ waivers: [{ check: "databases", until, reason: "moving" }] }));
      return await run(["--only", "databases", "--waivers", file], broken);
    };
    const waived = await waive("2999-01-01");
    expect(waived.exitCode).toBe(0);
    expect(waived.stderr).toContain("(waived until 2999-01-01: moving)");
    const expired = await waive("2020-01-01");
    expect(expired.exitCode).toBe(1);
    expect(expired.stderr).toContain("! the waiver for databases expired on 2020-01-01");
  });
});

describe("without a request to AWS", () => {
  const nowhere = { AWS_ENDPOINT_URL: "http://127.0.0.1:1", AWS_ACCESS_KEY_ID: "" };

  test("--list names every check, on stdout", async () => {
    const { stdout, exitCode } = await run(["--list"], nowhere);
    expect(exitCode).toBe(0);
    expect(stdout.split("\n")).toHaveLength(registry.length);
    expect(stdout).toMatch(/^leftovers +pilot light +No resource of the active mode/m);
  });

  test("--print-policy prints a policy, on stdout", async () => {
    const { stdout, exitCode } = await run(["--print-policy"], nowhere);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ Version: "2012-10-17" });
    expect(stdout).toContain(`arn:aws:s3:::${environment.project}-dev-db-backups`);
  });

  test("both have a document", async () => {
    const listed = checkedDocument(await run(["--list", "--json"], nowhere));
    expect(listed).toMatchObject({ outcome: "listed", checks: { length: registry.length } });
    const printed = checkedDocument(await run(["--print-policy", "--json"], nowhere));
    expect(printed).toMatchObject({ outcome: "printed", policy: { Version: "2012-10-17" } });
  });
});

test("--wait reports what it waits for, and ends when the check passes", async () => {
  await using proxy = await startProxy(motoUrl(testSandbox().state.moto), (service, before) =>
    service === "ec2" && before < 3 ? 503 : "forward",
  );
  const result = await run(["--only", "vpc", "--wait=1m"], { AWS_ENDPOINT_URL: proxy.url });
  expect(result.exitCode).toBe(0);
  expect(result.stderr).toContain("1 check may still succeed: next attempt in 2.0 s, for at most ");
  expect(result.stderr).toMatch(/x FAIL +vpc[\s\S]*\+ ok +vpc/);
});
