import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fakeTerminal } from "../testing/fake-terminal.ts";
import { Printer } from "./printer.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A printer whose stderr is kept. */
function start({ columns = 0, json = false, environment = {} } = {}) {
  const { stream: stderr, text: printed, lines } = fakeTerminal({ columns });
  const printer = new Printer({ environment, verbose: false, json, color: false, stderr });
  return { printer, printed, lines };
}

test.each([
  ["a terminal of 80 columns", 80, {}, 80],
  ["a wide terminal", 250, {}, 100],
  ["a pipe", 0, {}, 100],
  ["a terminal of a CI system", 80, { CI: "true" }, 100],
])("%s is laid out for", (_what, columns, environment, width) => {
  expect(start({ columns, environment }).printer.page.width).toBe(width);
});

test("a step's summary that is too long for the terminal hangs below its beginning, its duration stays", async () => {
  const { printer, lines } = start({ columns: 80 });
  const summary = "dump in S3, 92.0 kB, and the target's own, 85.8 kB, each of them uploaded while restoring";
  await printer.step("archive", () => Promise.resolve({ value: 1, summary }));
  const shown = lines().filter((line) => line !== "" && !line.startsWith("  archive       0 ms"));
  expect(shown).toEqual([
    "  archive   dump in S3, 92.0 kB, and the target's own, 85.8 kB, each of     0 ms",
    "            them uploaded while restoring",
  ]);
});

test("in the line that is redrawn the time stands before the text, which may be cut", async () => {
  const { printer, lines } = start({ columns: 60 });
  await printer.step("deploy", async (progress) => {
    progress("creating ".repeat(20));
    await vi.advanceTimersByTimeAsync(5000);
    return { value: 1, summary: "" };
  });
  const drawn = lines().filter((line) => line.includes("creating"));
  expect(drawn.at(-1)).toMatch(/^ {2}deploy {7}5\.0 s {2}creating /);
  expect(drawn.every((line) => line.length <= 59)).toBe(true);
});

test("a step that was waited for only has no duration", async () => {
  const { printer, printed } = start();
  await printer.step("archive", () => Promise.resolve({ value: 1, summary: "in S3", timed: false }));
  expect(printed()).toBe("  archive   in S3\n");
});

test.each([false, true])(
  "in a pipe a long step says when it begins, once a minute how far it is, and how it ends; json: %s",
  async (json) => {
    const { printer, printed } = start({ json });
    await printer.step("deploy", async (progress) => {
      progress(printer.bar(12, 41, "changes"));
      await vi.advanceTimersByTimeAsync(125_000);
      return { value: 1, summary: "41 of 41 changes made" };
    });
    expect(printed()).toBe(
      [
        "  deploy    started",
        "  deploy    12 of 41 changes, 1 min 0 s so far",
        "  deploy    12 of 41 changes, 2 min 0 s so far",
        `${"  deploy    41 of 41 changes made".padEnd(91)}2 min 5 s`,
        "",
      ].join("\n"),
    );
  },
);

test("a short step is one line in a pipe, and a failed one leaves no timer", async () => {
  const { printer, printed } = start();
  await printer.step("dump", () => Promise.resolve({ value: 1, summary: "9 tables" }));
  await expect(printer.step("verify", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(printed().trimEnd().split("\n")).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
});

test("a secret with spaces is hidden before it could be broken into two lines", () => {
  const { printer, printed } = start({ columns: 80 });
  printer.redactor.add("two words");
  printer.row({ label: `  ${"x".repeat(10)} `, text: `${"y".repeat(60)} two words` });
  expect(printed()).not.toMatch(/two|words/);
});
