import { resourceNames } from "@pilot-light/core/contract";
import { describe, expect, test } from "vitest";
import { checkFinalSnapshots, prunable, snapshotName, toSnapshot, type RdsSnapshot } from "./snapshots.ts";

const names = resourceNames("sandbox");
const before = "sandbox-dev-db-pre-deactivation-20261124-093000";
const final = "sandbox-dev-db-final-0a1b2c3d";

function snapshot(id: string, minute = 0, copiedTo?: string): RdsSnapshot {
  const TagList = copiedTo === undefined ? [] : [{ Key: "CopiedTo", Value: copiedTo }];
  const SnapshotCreateTime = new Date(Date.UTC(2026, 10, 24, 9, 30 + minute));
  const read = { DBSnapshotIdentifier: id, SnapshotCreateTime, Status: "available", TagList };
  return toSnapshot(read, names);
}

describe("the origin of a snapshot", () => {
  test.each([
    [before, "deactivation"],
    [snapshotName(names, new Date()), "deactivation"],
    [final, "terraform"],
    ["sandbox-dev-db-final-before-the-audit", "other"],
    ["sandbox-dev-db-final-0a1b2c3d-copy", "other"],
    ["sandbox-dev-db-pre-deactivation-by-hand", "other"],
    ["sandbox-dev-db-pre-deactivation-20261124-093000-copy", "other"],
    ["audit", "other"],
  ])("%s: %s", (id, origin) => {
    expect(snapshot(id).origin).toBe(origin);
  });

  test("a snapshot that a person took is never pruned, even if its name begins like the name of a snapshot of this tool", () => {
    expect(prunable([snapshot("sandbox-dev-db-final-before-the-audit")], 0, { onlyCopies: true })).toEqual(
      [],
    );
  });
});

describe("a snapshot without another recorded copy of its rows", () => {
  test.each([
    ["neon", false],
    ["none", true],
    [undefined, true],
  ])("of a deactivation, by its tag %s: only copy %s", (copiedTo, onlyCopy) => {
    expect(snapshot(before, 0, copiedTo).onlyCopy).toBe(onlyCopy);
  });

  test.each([
    ["neon", 10, false],
    ["neon", 60, false],
    ["neon", 61, true],
    ["none", 10, true],
  ])(
    "of Terraform, after one that was copied to %s, %i minutes later: only copy %s",
    (to, minute, onlyCopy) => {
      const [last] = checkFinalSnapshots([snapshot(final, minute), snapshot(before, 0, to)]);
      expect(last?.onlyCopy).toBe(onlyCopy);
    },
  );

  test("of Terraform without one of a deactivation before it", () => {
    expect(checkFinalSnapshots([snapshot(final)])).toMatchObject([{ onlyCopy: true }]);
  });

  test("is kept, except with --include-only-copies", () => {
    const snapshots = checkFinalSnapshots([
      snapshot("sandbox-dev-db-final-00000002", 200),
      snapshot("sandbox-dev-db-pre-deactivation-20261124-124000", 190, "none"),
      snapshot("sandbox-dev-db-final-00000001", 10),
      snapshot(before, 0, "neon"),
    ]);
    const ids = (which: readonly RdsSnapshot[]) => which.map(({ id }) => id);
    expect(ids(prunable(snapshots, 1))).toEqual(["sandbox-dev-db-final-00000001", before]);
    expect(ids(prunable(snapshots, 3))).toEqual([before]);
    expect(prunable(snapshots, 1, { onlyCopies: true })).toHaveLength(3);
  });
});
