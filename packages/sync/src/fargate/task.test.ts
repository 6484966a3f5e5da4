import { expect, test } from "vitest";
import { readLateLines } from "./task.ts";

test("the end of a log is read again after an error", async () => {
  const output: { document: string | undefined } = { document: undefined };
  const errors = [new Error("throttled")];
  const read = () => {
    const error = errors.shift();
    if (error !== undefined) return Promise.reject(error);
    output.document = "{}";
    return Promise.resolve();
  };
  expect(await readLateLines(output, read, { seconds: 60, pause: 0 })).toEqual([]);
  expect(output.document).toBe("{}");
});

test("if the end of a log cannot be read, the problem becomes a detail and not an error", async () => {
  const read = () => Promise.reject(new Error("access denied"));
  expect(await readLateLines({ document: undefined }, read, { seconds: 0.1, pause: 1 })).toEqual([
    "the end of its log cannot be read: access denied",
  ]);
});
