import { PassThrough } from "node:stream";
import type { WriteStream } from "node:tty";
import { Printer } from "@pilot-light/core/output/printer";
import { expect, test } from "vitest";
import { printHead, printPlan } from "./render.ts";
import type { ModeChangePlan } from "../plan/mode-change-plan.ts";

function printed(columns: number, print: (printer: Printer) => void): string[] {
  const stderr = Object.assign(new PassThrough(), { isTTY: columns > 0, columns }) as unknown as WriteStream;
  print(new Printer({ environment: {}, verbose: false, json: false, color: false, stderr }));
  return String(stderr.read() as unknown).split("\n");
}

const costs = {
  totalUsd: 15.84,
  items: {},
  unknown: [],
} as unknown as ModeChangePlan["monthlyCosts"]["before"];
const plan = {
  command: "activate",
  environment: "shop-dev",
  from: "pilot-light",
  to: "active",
  steps: ["deploy", "validate"],
  terraform: {
    create: { aws_service_discovery_private_dns_namespace: 1, aws_ecs_service: 4, aws_efs_mount_target: 2 },
    change: {},
    replace: {},
    destroy: {},
    dataLost: [],
    kept: {},
    digest: "d",
  },
  sync: null,
  monthlyCosts: { before: costs, after: costs },
  images: [],
  estimatedDurationMs: 14 * 60_000,
  deactivateAt: null,
  notes: [
    "the last deactivation copied nothing to Neon: rows that only RDS has will be replaced (dump kept)",
  ],
} as unknown as ModeChangePlan;

test.each([70, 80, 100, 200])(
  "in %i columns no line of a plan is longer, and no type is broken",
  (columns) => {
    const lines = printed(columns, (printer) => printPlan(plan, printer));
    expect(lines.filter((line) => line.length > Math.min(columns, 100))).toEqual([]);
    for (const type of ["service_discovery_private_dns_namespace", "ecs_service x4", "efs_mount_target x2"]) {
      expect(lines.filter((line) => line.includes(type))).toHaveLength(1);
    }
  },
);

test("a long note continues below its beginning", () => {
  const lines = printed(80, (printer) => printPlan(plan, printer));
  const start = lines.findIndex((line) => line.includes("! the last deactivation"));
  expect(lines.slice(start, start + 2)).toEqual([
    "               ! the last deactivation copied nothing to Neon: rows that only",
    "               RDS has will be replaced (dump kept)",
  ]);
});

test("the right part of the head ends with the line, or has its own line", () => {
  const head = (columns: number) =>
    printed(columns, (printer) =>
      printHead("Activate  shop dev, us-east-1", "dry run, nothing is written", printer),
    );
  expect(head(80)[0]).toMatch(/^Activate {2}shop dev, us-east-1 +dry run, nothing is written$/);
  expect(head(80)[0]).toHaveLength(80);
  expect(head(0)[0]).toHaveLength(100);
  expect(head(50).slice(0, 2)).toEqual(["Activate  shop dev, us-east-1", "  dry run, nothing is written"]);
});

test("the plan names the restore point of a copy to Neon", () => {
  const side = { system: "rds", database: "shop", host: "host" };
  const sync = {
    ...{ source: side, target: { ...side, system: "neon" }, tables: [], removedObjects: [], notes: [] },
    ...{ backup: null, restorePoint: { name: "pilot-light-restore-point-1", project: "cool-lab-1" } },
  } as unknown as ModeChangePlan["sync"];
  const lines = printed(0, (printer) => printPlan({ ...plan, sync }, printer));
  const text =
    "before that, the sync creates the Neon branch pilot-light-restore-point-1 as a restore point, in the project cool-lab-1";
  expect(lines.some((line) => line.includes(text))).toBe(true);
  const without = { ...sync, restorePoint: null } as ModeChangePlan["sync"];
  const advice = printed(0, (printer) => printPlan({ ...plan, sync: without }, printer));
  expect(advice.join("\n")).toContain("with NEON_API_KEY, the sync creates a branch of Neon first");
});
