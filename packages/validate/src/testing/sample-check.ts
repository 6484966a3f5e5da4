/** For unit tests: checks and results with defaults for the fields that a test does not state. */
import type { Check } from "../check.ts";
import type { CheckResult } from "../documents.ts";

export function sampleCheck(id: string, parts: Partial<Check> = {}): Check {
  const run = () => Promise.resolve({ summary: `${id} is healthy` });
  return { id, title: `${id} is healthy`, needs: [], actions: [], run, ...parts };
}

export function sampleResult(id: string, parts: Partial<CheckResult> = {}): CheckResult {
  return {
    id,
    title: `${id} is healthy`,
    status: "passed",
    summary: `${id} is healthy`,
    details: [],
    problems: [],
    durationMs: 100,
    ...parts,
  };
}
