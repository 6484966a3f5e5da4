import { expect, test } from "vitest";
import { Ahead } from "./ahead.ts";

const never = new AbortController().signal;

function resource() {
  const found = { isDisposed: false };
  return Object.assign(found, {
    [Symbol.asyncDispose]: () => {
      found.isDisposed = true;
      return Promise.resolve();
    },
  });
}

test("a resource that was taken stays open", async () => {
  const opened = resource();
  {
    await using ahead = new Ahead(() => Promise.resolve(opened), never);
    expect(await ahead.take()).toBe(opened);
    await expect(ahead.take()).rejects.toThrow("taken before");
  }
  expect(opened.isDisposed).toBe(false);
});

test("a resource that nobody took is closed, and one that is not open yet is not waited for", async () => {
  const opened = resource();
  {
    await using ahead = new Ahead(() => Promise.resolve(opened), never);
    expect(ahead).toBeDefined();
  }
  expect(opened.isDisposed).toBe(true);
  const opening = (signal: AbortSignal) =>
    new Promise<typeof opened>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    });
  const pending = new Ahead(opening, never);
  await pending[Symbol.asyncDispose]();
});

test("an error is thrown only to the one who takes the resource", async () => {
  const failing = () => Promise.reject<ReturnType<typeof resource>>(new Error("refused"));
  await expect(new Ahead(failing, never).take()).rejects.toThrow("refused");
  await new Ahead(failing, never)[Symbol.asyncDispose]();
});
