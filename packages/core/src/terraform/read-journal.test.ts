import { expect, test } from "vitest";
import { partlyActiveBy } from "./read-journal.ts";

const entry = {
  version: 1,
  command: "deactivate",
  finishedAt: null,
  begun: ["sync", "deploy"],
  done: [{ step: "sync", at: "" }],
};
const by = (changes: object) => partlyActiveBy(JSON.stringify({ ...entry, ...changes }));

test("a mode change whose deployment has begun and not ended leaves the environment partly active", () => {
  expect(by({})).toBe("deactivate");
  expect(by({ begun: ["sync"] })).toBeUndefined();
  expect(by({ done: [{ step: "deploy", at: "" }] })).toBeUndefined();
  expect(by({ finishedAt: "2026-11-27T20:00:00.000Z" })).toBeUndefined();
  expect(partlyActiveBy(undefined)).toBeUndefined();
  expect(partlyActiveBy("[]")).toBeUndefined();
});
