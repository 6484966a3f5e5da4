import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { askUntil } from "./ask-until.ts";

const never = new AbortController().signal;

test("what is there at once is not waited for", async () => {
  expect(await askUntil(() => Promise.resolve(true), { seconds: 60, signal: never })).toBe(true);
});

test("it asks until the answer is there, or the time is over", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  let asked = 0;
  const ask = () => {
    asked += 1;
    vi.setSystemTime(Date.now() + 61_000);
    return Promise.resolve(false);
  };
  expect(await askUntil(ask, { seconds: 60, signal: never })).toBe(false);
  expect(asked).toBe(1);
  vi.useRealTimers();
});

test("an interruption ends the pause at once, with its reason", async () => {
  const controller = new AbortController();
  const waiting = askUntil(() => Promise.resolve(false), { seconds: 60, signal: controller.signal });
  await sleep(50);
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
});

test("what goes wrong while asking is told", async () => {
  await expect(
    askUntil(() => Promise.reject(new Error("denied")), { seconds: 60, signal: never }),
  ).rejects.toThrow("denied");
});
