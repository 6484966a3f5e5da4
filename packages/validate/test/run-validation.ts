/** Runs a validation in this process, as the command does, and returns its report. */
import { Printer } from "@pilot-light/core/output/printer";
import type { Environment } from "@pilot-light/core/config/env";
import { fakeTerminal } from "@pilot-light/core/testing/fake-terminal";
import { outputsSource } from "@pilot-light/core/terraform/outputs";
import { vi } from "vitest";
import { validate, usualOptions, type ValidateOptions } from "../src/validate.ts";
import type { CheckResult, Report } from "../src/documents.ts";

/** Milliseconds. On a loaded machine a check may need more than the usual 15 seconds. */
const generous = { timeout: 5 * 60_000, deadline: 15 * 60_000 };

/** The SDK reads the variables of the process only. */
function useAws(environment: Record<string, string>): void {
  for (const [name, value] of Object.entries(environment)) {
    if (name.startsWith("AWS_")) vi.stubEnv(name, value);
  }
}

export async function runValidation(
  env: Record<string, string>,
  options: Partial<ValidateOptions> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Report> {
  useAws(env);
  const outputs = outputsSource(undefined, env);
  return await validate(
    { ...usualOptions, ...generous, outputs, ...options },
    { environment: env, printer: silent(env), signal },
  );
}

/** Runs one check with the checks that it needs, and returns its result. */
export async function runCheck(
  id: string,
  env: Record<string, string>,
  options: Partial<ValidateOptions> = {},
): Promise<CheckResult> {
  const optional = id === "data" || id === "drift" ? [id] : [];
  const report = await runValidation(env, { only: [id], optional, ...options });
  const result = report.checks.find((check) => check.id === id);
  if (result === undefined) throw new Error(`No result of ${id}.`);
  // A skipped check has checked nothing, so the test fails.
  if (result.status === "skipped") {
    throw new Error(`${id} was ${result.summary}: ${JSON.stringify(report.checks)}`);
  }
  return result;
}

function silent(environment: Environment): Printer {
  const { stream } = fakeTerminal();
  return new Printer({ environment, verbose: false, json: true, stdout: stream, stderr: stream });
}
