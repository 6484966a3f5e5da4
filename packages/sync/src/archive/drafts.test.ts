import { expect, test } from "vitest";
import { obsolete, type InterruptedDump } from "./drafts.ts";

const key = "neon-dumps/2026-11-22T09-30-00.dump";
const interrupted = {
  stored: { key },
  draft: { staging: 3, manifest: { target: { oid: 2 } }, oldestRelations: [7, 9] },
} as unknown as InterruptedDump;
const target = { oid: 2, oldestRelations: [7, 9] };

test("a dump can be resumed from while the target is the database that the sync was to replace", () => {
  expect(obsolete(interrupted, target, undefined)).toBeUndefined();
  expect(obsolete(interrupted, target, "rds-dumps/2026-11-22T09-29-59.dump")).toBeUndefined();
});

test("not after its swap, nor after another sync, restore or undo, nor after the opposite sync", () => {
  expect(obsolete(interrupted, { ...target, oid: 3 }, undefined)).toBe("replaced");
  expect(obsolete(interrupted, { ...target, oid: 4 }, undefined)).toBe("superseded");
  expect(obsolete(interrupted, target, "rds-dumps/2026-11-22T09-30-01.dump")).toBe("superseded");
  const inPlace = { at: "2026-11-22T09-30-01", backup: "rds-dumps/2026-11-22T09-30-01.dump" };
  expect(obsolete(interrupted, { ...target, inPlace }, undefined)).toBe("superseded");
});

test("nor after a replacement in place that nothing states: none of the relations is the same", () => {
  const resumes = (before: readonly number[] | undefined, now: readonly number[]) => {
    const { oldestRelations, ...draft } = interrupted.draft;
    const given = before === undefined ? {} : { oldestRelations: before };
    expect(oldestRelations).toBeDefined();
    return obsolete(
      { ...interrupted, draft: { ...draft, ...given } },
      { ...target, oldestRelations: now },
      undefined,
    );
  };
  expect(resumes([7, 9], [20, 21])).toBe("superseded");
  expect(resumes([7, 9], [])).toBe("superseded");
  expect(resumes([], [20])).toBe("superseded");
  // Somebody dropped one and created others.
  expect(resumes([7, 9], [9, 20, 21])).toBeUndefined();
  expect(resumes([], [])).toBeUndefined();
  // Of an earlier version.
  expect(resumes(undefined, [20])).toBeUndefined();
});
