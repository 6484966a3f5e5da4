/** Runs a validation in this process, as the command does, and gives its report. */
import { PassThrough } from "node:stream";
import { Printer } from "@pilot-light/core/output/printer";
import type { Environment } from "@pilot-light/core/config/env";
import { vi } from "vitest";
import { validate, usualOptions, type ValidateOptions } from "../src/validate.ts";
import type { Report } from "../src/report.ts";
import type { CheckResult } from "../src/result.ts";

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
  return await validate({ ...usualOptions, ...options }, { environment: env, printer: silent(env), signal });
}

/** The result of one check, run with what it needs. */
export async function runCheck(
  id: string,
  env: Record<string, string>,
  options: Partial<ValidateOptions> = {},
): Promise<CheckResult> {
  const optional = id === "data" || id === "drift" ? [id] : [];
  const report = await runValidation(env, { only: [id], optional, ...options });
  const result = report.checks.find((check) => check.id === id);
  if (result === undefined) throw new Error(`No result of ${id}.`);
  // A skipped check has looked at nothing: what a test expects of it would be there or missing by accident.
  if (result.status === "skipped") {
    throw new Error(`${id} was ${result.summary}: ${JSON.stringify(report.checks)}`);
  }
  return result;
}

function silent(environment: Environment): Printer {
  // A Printer writes and asks for the width only.
  const sink = Object.assign(new PassThrough().resume(), { isTTY: false }) as unknown as NodeJS.WriteStream;
  return new Printer({ environment, verbose: false, json: true, stdout: sink, stderr: sink });
}
