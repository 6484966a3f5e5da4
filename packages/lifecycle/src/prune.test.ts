import { expect, test } from "vitest";
import { planLines } from "./prune.ts";
import { prunable, type Snapshot } from "./aws/snapshots.ts";

/** The newest first, as RDS's are listed. */
const snapshot = (day: number, more: Partial<Snapshot> = {}): Snapshot => ({
  id: `davidshaevel-dev-db-pre-deactivation-202611${day}-093000`,
  createdAt: `2026-11-${day}T09:30:00.000Z`,
  status: "available",
  gigabytes: 20,
  onlyCopy: false,
  origin: "deactivation",
  ...more,
});
const ids = (snapshots: readonly Snapshot[]) => snapshots.map(({ id }) => Number(id.slice(-9, -7)));

test("the newest stay, whoever of the tools made them, and those of a person are neither counted nor deleted", () => {
  const all = [
    snapshot(24),
    snapshot(23, { origin: "other" }),
    snapshot(22, { origin: "terraform" }),
    snapshot(21),
    snapshot(20, { origin: "other" }),
  ];
  expect(ids(prunable(all, 2))).toEqual([21]);
  expect(ids(prunable(all, 1))).toEqual([22, 21]);
});

test.each(["creating", "failed", "deleting", "incompatible-restore"])(
  "a snapshot that is %s is neither counted as kept nor deleted",
  (status) => {
    const all = [
      snapshot(24, { status, createdAt: "" }),
      snapshot(23),
      snapshot(22),
      snapshot(21, { status }),
    ];
    expect(ids(prunable(all, 1))).toEqual([22]);
  },
);

test("the newest whole snapshot stays whatever is asked for", () => {
  expect(ids(prunable([snapshot(24, { status: "failed" }), snapshot(23), snapshot(22)], 0))).toEqual([22]);
});

test("a plan says what would go and what stays, with times in UTC, in a hundred columns", () => {
  const all = [
    snapshot(24, { gigabytes: 16_384 }),
    snapshot(23, { id: "by-hand-2026112-093000", origin: "other" }),
    snapshot(22),
  ];
  const lines = planLines({ delete: all.slice(2), keeps: all.slice(0, 2) });
  expect(lines).toEqual([
    "  would delete",
    "    davidshaevel-dev-db-pre-deactivation-20261122-093000 2026-11-22 09:30 UTC   20 GB deactivation",
    "  keeps",
    "    davidshaevel-dev-db-pre-deactivation-20261124-093000 2026-11-24 09:30 UTC 16384 GB deactivation",
    "    by-hand-2026112-093000                               2026-11-23 09:30 UTC   20 GB by hand",
  ]);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
});

test("a name that leaves no room has a line of its own", () => {
  const lines = planLines({ delete: [snapshot(24, { id: "a".repeat(80) })], keeps: [] });
  expect(lines.slice(1)).toEqual([
    `    ${"a".repeat(80)}`,
    "      2026-11-24 09:30 UTC   20 GB deactivation",
  ]);
});
