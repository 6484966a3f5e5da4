import { interrupted } from "@pilot-light/core/errors";
import { describe, expect, test } from "vitest";
import type { CheckResult } from "./documents.ts";
import { sampleResult } from "./testing/sample-check.ts";
import { resultsToKeep, waitUntilGood, type WaitOptions } from "./wait.ts";

const failed = (id: string, heals: boolean) =>
  sampleResult(id, {
    status: "failed",
    problems: [{ severity: "failure", message: "m", fix: "f", ...(heals ? { heals } : {}) }],
  });
const skipped = sampleResult("s", { status: "skipped" });

describe("another round", () => {
  test("is useful while every failure can heal, and keeps the results of passed checks only", () => {
    const kept = resultsToKeep([sampleResult("a"), failed("b", true), skipped], false);
    expect([...(kept?.keys() ?? [])]).toEqual(["a"]);
  });

  test("is useless when nothing failed, or when one problem cannot heal", () => {
    expect(resultsToKeep([sampleResult("a")], false)).toBeUndefined();
    expect(resultsToKeep([failed("a", true), failed("b", false)], false)).toBeUndefined();
  });

  test("is run for warnings only with --strict", () => {
    const warning = sampleResult("a", {
      status: "warning",
      problems: [{ severity: "warning", message: "m", fix: "f", heals: true }],
    });
    expect(resultsToKeep([warning], false)).toBeUndefined();
    expect(resultsToKeep([warning], true)?.size).toBe(0);
  });
});

async function rounds(list: CheckResult[][], parts: Partial<WaitOptions> = {}) {
  const known: string[][] = [];
  const pauses: string[] = [];
  const results = await waitUntilGood(
    (keep) => {
      known.push([...keep.keys()]);
      return Promise.resolve(list[Math.min(known.length, list.length) - 1] ?? []);
    },
    {
      limit: 1000,
      firstPause: 1,
      longestPause: 2,
      strict: false,
      signal: new AbortController().signal,
      onPause: (text) => pauses.push(text),
      ...parts,
    },
  );
  return { results, known, pauses };
}

describe("waiting", () => {
  const good = sampleResult("a");

  test("continues until every failure has healed, and reports each pause", async () => {
    const { results, known, pauses } = await rounds([
      [good, failed("b", true)],
      [good, failed("b", true)],
      [good],
    ]);
    expect(results).toEqual([good]);
    expect(known).toEqual([[], ["a"], ["a"]]);
    expect(pauses[0]).toMatch(/^1 check may still succeed: next attempt in 1 ms, for at most 1\.0 s more$/);
  });

  test("stops immediately when a problem cannot heal", async () => {
    const { known } = await rounds([[failed("a", true)], [failed("a", false)]]);
    expect(known).toHaveLength(2);
  });

  test("ends when its time is over; without a time it is one round", async () => {
    expect((await rounds([[failed("a", true)]], { limit: 30 })).results).toEqual([failed("a", true)]);
    expect((await rounds([[failed("a", true)]], { limit: 0 })).known).toHaveLength(1);
  });

  test("ends with an interruption", async () => {
    const signal = AbortSignal.abort(interrupted({ signal: "SIGINT" }));
    await expect(rounds([[failed("a", true)]], { signal })).rejects.toMatchObject({ code: "INTERRUPTED" });
  });
});
