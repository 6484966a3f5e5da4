import { expect, test } from "vitest";
import { TaskOutput } from "./task-output.ts";

test("lines are shown, and the document is kept even if it arrives in parts", () => {
  const output = new TaskOutput();
  expect(output.add(["  dump  ok", "{", '  "version": 2,'])).toEqual(["  dump  ok"]);
  expect(output.document).toBeUndefined();
  expect(output.add(['  "plan": {', "  }", "}", "caused by: x"])).toEqual(["caused by: x"]);
  expect(JSON.parse(output.document ?? "")).toEqual({ version: 2, plan: {} });
});

test("the last document counts, and the last lines are kept", () => {
  const output = new TaskOutput();
  output.add(["{", "}", ...Array.from({ length: 30 }, (_, index) => `line ${index}`), ""]);
  output.add(["{", '  "a": 1', "}"]);
  expect(output.document).toBe('{\n  "a": 1\n}');
  expect(output.tail).toHaveLength(10);
  expect(output.tail.at(-1)).toBe("line 29");
});
