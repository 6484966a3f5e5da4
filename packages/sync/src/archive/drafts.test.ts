import { expect, test } from "vitest";
import { obsolete, type InterruptedDump } from "./drafts.ts";

const key = "neon-dumps/2026-11-22T09-30-00.dump";
const interrupted = {
  stored: { key },
  draft: { staging: 3, manifest: { target: { oid: 2 } } },
} as unknown as InterruptedDump;

test("--resume may use a dump while the target is the database that the interrupted sync was to replace", () => {
  expect(obsolete(interrupted, { oid: 2 }, undefined)).toBeUndefined();
  expect(obsolete(interrupted, { oid: 2 }, "rds-dumps/2026-11-22T09-29-59.dump")).toBeUndefined();
});

test("--resume may not use a dump after its swap, another sync, restore or undo, or the opposite sync", () => {
  expect(obsolete(interrupted, { oid: 3 }, undefined)).toBe("replaced");
  expect(obsolete(interrupted, { oid: 4 }, undefined)).toBe("superseded");
  expect(obsolete(interrupted, { oid: 2 }, "rds-dumps/2026-11-22T09-30-01.dump")).toBe("superseded");
  const inPlace = { at: "2026-11-22T09-30-01", backup: "rds-dumps/2026-11-22T09-30-01.dump" };
  expect(obsolete(interrupted, { oid: 2, inPlace }, undefined)).toBe("superseded");
});
