import { PassThrough } from "node:stream";
import type { WriteStream } from "node:tty";
import { Printer } from "@pilot-light/core/output/printer";
import { expect, test } from "vitest";
import { prunable, type RdsSnapshot } from "./aws/snapshots.ts";
import { printPrunePlan, type PrunePlan } from "./prune.ts";

/** The newest first, as RDS's are listed. */
const snapshot = (day: number, more: Partial<RdsSnapshot> = {}): RdsSnapshot => ({
  id: `davidshaevel-dev-db-pre-deactivation-202611${day}-093000`,
  createdAt: `2026-11-${day}T09:30:00.000Z`,
  status: "available",
  gigabytes: 20,
  onlyCopy: false,
  origin: "deactivation",
  ...more,
});
const ids = (snapshots: readonly RdsSnapshot[]) => snapshots.map(({ id }) => Number(id.slice(-9, -7)));

test("the newest are kept, whichever tool took them; those taken by hand are neither counted nor deleted", () => {
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

test("the newest available snapshot is kept for every given number", () => {
  expect(ids(prunable([snapshot(24, { status: "failed" }), snapshot(23), snapshot(22)], 0))).toEqual([22]);
});

function printed(columns: number, plan: Pick<PrunePlan, "delete" | "keeps">): string[] {
  const stderr = Object.assign(new PassThrough(), { isTTY: columns > 0, columns }) as unknown as WriteStream;
  printPrunePlan(plan, new Printer({ environment: {}, verbose: false, json: false, color: false, stderr }));
  return String(stderr.read() as unknown)
    .trimEnd()
    .split("\n");
}

const all = [
  snapshot(24, { gigabytes: 16_384 }),
  snapshot(23, { id: "by-hand-2026112-093000", origin: "other" }),
  snapshot(22),
];

test("a plan lists the snapshots that will be deleted and those that are kept, with times in UTC", () => {
  expect(printed(0, { delete: all.slice(2), keeps: all.slice(0, 2) })).toEqual([
    "  will be deleted",
    "    davidshaevel-dev-db-pre-deactivation-20261122-093000  2026-11-22 09:30 UTC  20 GB, deactivation",
    "  kept",
    "    davidshaevel-dev-db-pre-deactivation-20261124-093000  2026-11-24 09:30 UTC  16384 GB, deactivation",
    "    by-hand-2026112-093000                                2026-11-23 09:30 UTC     20 GB, by hand",
  ]);
});

test.each([80, 100])("on a terminal of %i columns no line of a plan is longer", (columns) => {
  const lines = printed(columns, { delete: all.slice(2), keeps: all.slice(0, 2) });
  expect(lines.filter((line) => line.length > columns)).toEqual([]);
});

test("a name that leaves no room for its facts has them on a separate line", () => {
  const id = "a".repeat(80);
  const lines = printed(100, { delete: [snapshot(24, { id, createdAt: "" })], keeps: [] });
  expect(lines.slice(1)).toEqual([`    ${id}`, "      20 GB, deactivation"]);
});
