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

test("a step's summary that is too long for the terminal continues below its beginning, and keeps its duration", async () => {
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

test("a step that only waited for other steps has no duration", async () => {
  const { printer, printed } = start();
  await printer.step("archive", () => Promise.resolve({ value: 1, summary: "in S3", timed: false }));
  expect(printed()).toBe("  archive   in S3\n");
});

test.each([false, true])(
  "in a pipe a long step reports its beginning, its progress every ten seconds, and its end; json: %s",
  async (json) => {
    const { printer, printed } = start({ json });
    await printer.step("deploy", async (report) => {
      report(printer.bar(12, 41, "changes"));
      await vi.advanceTimersByTimeAsync(25_000);
      return { value: 1, summary: "41 of 41 changes made" };
    });
    expect(printed()).toBe(
      [
        "  deploy    started",
        "  deploy    12 of 41 changes, 11.0 s so far",
        "  deploy    12 of 41 changes, 21.0 s so far",
        `${"  deploy    41 of 41 changes made".padEnd(91)}   25.0 s`,
        "",
      ].join("\n"),
    );
  },
);

test("in a pipe at least ten seconds lie between two lines of progress, even if steps report more often", async () => {
  const { printer, lines } = start();
  const times: number[] = [];
  const progress = vi.spyOn(printer, "progress").mockImplementation((text) => {
    if (/started|so far/.test(text)) times.push(performance.now());
  });
  for (const label of ["dump", "restore", "verify"]) {
    await printer.step(label, async (report) => {
      for (let done = 0; done <= 170; done += 1) {
        report({ done, all: 170, noun: "tables" });
        await vi.advanceTimersByTimeAsync(100);
      }
      return { value: 1, summary: "" };
    });
  }
  progress.mockRestore();
  const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(times.length).toBeGreaterThan(3);
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(10_000);
  expect(lines()).toEqual([""]);
});

test("an amount is shown with what is left, its rate, and the part that takes long", async () => {
  const { printer, lines } = start({ columns: 200 });
  await printer.step("dump", async (report) => {
    for (let done = 0; done <= 900_000; done += 300_000) {
      report({ done, all: 3_000_000, noun: "rows", part: "public.events" });
      await vi.advanceTimersByTimeAsync(1000);
    }
    return { value: 1, summary: "" };
  });
  const drawn = lines().filter((line) => line.includes("900,000 of"));
  expect(drawn.at(-1)).toContain("██████░░░░░░░░░░░░░░  900,000 of 3,000,000 rows, 6 s left, 300,000/s");
  expect(drawn[0]).toContain("7 s left, 300,000/s, public");
});

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
