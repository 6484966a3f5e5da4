/** For unit tests: checks and results with nothing but what the test is about. */
import type { Check } from "../check.ts";
import type { CheckResult } from "../result.ts";

export function sampleCheck(id: string, parts: Partial<Check> = {}): Check {
  const run = () => Promise.resolve({ summary: `${id} is fine` });
  return { id, title: `${id} is as it should be`, needs: [], actions: [], run, ...parts };
}

export function sampleResult(id: string, parts: Partial<CheckResult> = {}): CheckResult {
  return {
    id,
    title: `${id} is as it should be`,
    status: "passed",
    summary: `${id} is fine`,
    details: [],
    problems: [],
    durationMs: 100,
    ...parts,
  };
}
