import { OpsError } from "@pilot-light/core/ops-error";
import { expect, test } from "vitest";
import { describeTime, isDue, parseSchedule } from "./schedule.ts";

const now = new Date("2026-11-27T20:00:00Z");

test("a duration becomes a time, and `unlimited` removes it", () => {
  expect(parseSchedule("8h", now)).toEqual({ text: "8h", at: "2026-11-28T04:00:00.000Z" });
  expect(parseSchedule("90m", now).at).toBe("2026-11-27T21:30:00.000Z");
  expect(parseSchedule("unlimited", now)).toEqual({ text: "unlimited", at: null });
});

test.each(["8", "8 hours", "-8h", "0h", "0.0000001h", "59s", "tomorrow", "", "745h", "99999999999999999h"])(
  "%j is no duration of an activation",
  (text) => {
    expect(() => parseSchedule(text, now)).toThrow(OpsError);
    expect(() => parseSchedule(text, now)).toThrow(/^--for must be /);
  },
);

test("a time is due from that moment on", () => {
  expect(isDue("2026-11-27T20:00:00.001Z", now)).toBe(false);
  expect(isDue("2026-11-27T20:00:00.000Z", now)).toBe(true);
  expect(describeTime("2026-11-28T04:00:00.000Z", now)).toBe("2026-11-28 04:00 UTC, in 8.0 h");
  expect(describeTime("2026-11-27T19:30:00.000Z", now)).toBe("2026-11-27 19:30 UTC, 0.5 h ago");
});
