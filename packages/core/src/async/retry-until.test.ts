import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { retryUntil } from "./retry-until.ts";

const never = new AbortController().signal;

test("a check that succeeds at once needs no pause", async () => {
  expect(await retryUntil(() => Promise.resolve(true), { seconds: 60, signal: never })).toBe(true);
});

test("the check is repeated until it succeeds, or until the time is over", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  let checks = 0;
  const check = () => {
    checks += 1;
    vi.setSystemTime(Date.now() + 61_000);
    return Promise.resolve(false);
  };
  expect(await retryUntil(check, { seconds: 60, signal: never })).toBe(false);
  expect(checks).toBe(1);
  vi.useRealTimers();
});

test("an interruption ends the pause at once, with its reason", async () => {
  const controller = new AbortController();
  const waiting = retryUntil(() => Promise.resolve(false), { seconds: 60, signal: controller.signal });
  await sleep(50);
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
});

test("an error of the check ends the waiting", async () => {
  await expect(
    retryUntil(() => Promise.reject(new Error("denied")), { seconds: 60, signal: never }),
  ).rejects.toThrow("denied");
});
