import { expect, test } from "vitest";
import { dumpsOf } from "../archive/stored-dump.ts";
import { pickDump } from "./find-dump.ts";

const dumps = dumpsOf(
  [
    "neon-dumps/2026-11-22T09-30-00.dump",
    "rds-dumps/2026-11-22T09-30-00.dump",
    "rds-dumps/2026-11-23T00-00-00.dump",
  ].map((key) => ({ key, bytes: 1, modified: new Date(0) })),
);
const pick = (text: string, system?: "neon" | "rds") => pickDump(text, text, system, dumps, "bucket").key;

test("a part of a key selects a dump if no other dump has it in its key", () => {
  expect(pick("11-23")).toBe("rds-dumps/2026-11-23T00-00-00.dump");
  expect(pick("T09-30", "neon")).toBe("neon-dumps/2026-11-22T09-30-00.dump");
});

test("a part of several keys is refused", () => {
  expect(() => pick("T09-30")).toThrow('The keys of 2 dumps contain "T09-30".');
});

test.each(["2027", ""])("no dump has %j in its key", (text) => {
  expect(() => pick(text)).toThrow("No dump in bucket has the key");
});
