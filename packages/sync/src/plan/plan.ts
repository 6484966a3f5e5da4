/** Creates the plan of a sync: which tables and objects replace which. Pure. */
import { compareObjects } from "@pilot-light/core/inventory/compare";
import type { SchemaObject } from "@pilot-light/core/inventory/objects";
import { formatBytes } from "@pilot-light/core/output/format";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import type { SyncDirection } from "../direction.ts";
import type { Plan, PlannedSide, PlannedTable } from "../documents.ts";
import type { DatabaseFacts } from "../read/database-facts.ts";
import type { RowCounts } from "../read/inventory.ts";
import type { Line } from "../read/line.ts";
import { estimateDurationMs, estimateWaitMs, type EstimateFacts } from "./estimate.ts";

export type { Plan } from "../documents.ts";

const modes = {
  staged:
    "restored into a staging database, verified, then swapped; the previous target is kept for `sync undo`",
  "in-place":
    "one transaction empties the target, restores into it and verifies it; to undo it, `sync restore --in-place` restores the backup",
} as const satisfies Record<Plan["mode"]["name"], string>;

/** How the target is replaced, in words. */
export function describeMethod(inPlace: boolean | undefined): Plan["mode"] {
  const name = inPlace === true ? "in-place" : "staged";
  return { name, description: modes[name] };
}

/** What the in-place method costs other sessions and the server. */
export function inPlaceNotes(
  inPlace: boolean | undefined,
  { sourceBytes }: EstimateFacts,
  database: string,
): string[] {
  if (inPlace !== true) return [];
  return [
    `other sessions wait until the end of the sync: those that write to ${database} from its dump on, those that read it from the moment it is emptied (ACCESS EXCLUSIVE locks on all tables)`,
    `until the end of the sync, the server stores the old and the new contents, and it writes about ${formatBytes(sourceBytes)} of WAL`,
  ];
}

/** Kinds that are created and deleted together with their table or schema. To list them would hide the important lines. */
const partsOfOthers = new Set([
  "column",
  "constraint",
  "index",
  "comment",
  "table",
  "trigger",
  "policy",
  "rule",
]);

/** The tables of both sides by name; first the tables that are removed. */
export function planTables(source: RowCounts, target: RowCounts): PlannedTable[] {
  const names = [...new Set([...source.keys(), ...target.keys()])].sort();
  const tables = names.map((table): PlannedTable => {
    const change = !source.has(table) ? "removed" : !target.has(table) ? "new" : "replaced";
    return { table, sourceRows: source.get(table) ?? null, targetRows: target.get(table) ?? null, change };
  });
  return [
    ...tables.filter(({ change }) => change === "removed"),
    ...tables.filter(({ change }) => change !== "removed"),
  ];
}

/** Names of objects that only the target has, other than tables. */
export function removedObjects(source: readonly SchemaObject[], target: readonly SchemaObject[]): string[] {
  return compareObjects(source, target, { sameMajor: false })
    .filter(({ problem, kind }) => problem === "unexpected" && !partsOfOthers.has(kind))
    .map(({ kind, identity }) => `${kind} ${identity}`);
}

/** One side, as it was inspected. */
interface InspectedSide {
  endpoint: Endpoint;
  facts: DatabaseFacts;
  rows: RowCounts;
  objects: readonly SchemaObject[];
  line: Line;
}

/** Creates the plan from facts of both sides. */
export function makePlan(parts: {
  direction: SyncDirection;
  source: InspectedSide;
  target: InspectedSide;
  archive: string;
  backup: string | null;
  restorePoint: Plan["restorePoint"];
  inPlace: boolean | undefined;
  verify: Plan["verify"];
  schemas: Plan["schemas"];
  excludeTableData: Plan["excludeTableData"];
  afterRestore: Plan["afterRestore"];
  clientVersion: string;
  notes: readonly string[];
}): Plan {
  const { direction, source, target, archive, backup, verify, clientVersion, notes } = parts;
  const { schemas, excludeTableData, afterRestore, inPlace, restorePoint } = parts;
  const facts: EstimateFacts = {
    sourceBytes: source.facts.bytes,
    backupBytes: backup === null ? 0 : target.facts.bytes,
    objects: source.objects.length,
    verify,
    source: source.line,
    target: target.line,
  };
  return {
    direction: direction.name,
    source: plannedSide(source),
    target: plannedSide(target),
    archive,
    backup,
    restorePoint,
    mode: describeMethod(inPlace),
    verify,
    schemas,
    excludeTableData,
    afterRestore,
    clientVersion,
    tables: planTables(source.rows, target.rows),
    removedObjects: removedObjects(source.objects, target.objects),
    notes: [...inPlaceNotes(inPlace, facts, target.facts.database), ...notes, ...slowRoute(source, target)],
    ...estimates(inPlace, facts),
  };
}

/** How long the run takes, and how long others wait. */
export function estimates(
  inPlace: boolean | undefined,
  facts: EstimateFacts,
): Pick<Plan, "estimatedDurationMs" | "estimatedUnavailableMs"> {
  const staged = estimateDurationMs(facts);
  if (inPlace !== true) return { estimatedDurationMs: staged, estimatedUnavailableMs: swapMs };
  const waiting = estimateWaitMs(facts);
  // In place, the backup waits for the dump, and the restore waits for both.
  return { estimatedDurationMs: staged + waiting, estimatedUnavailableMs: waiting };
}

/** Milliseconds that a swap takes. */
const swapMs = 500;

/** Bytes from which a sync through Systems Manager takes minutes: it forwards less than a megabyte a second. */
const slowFrom = 100_000_000;

/** A note that names a faster way for a large database, if the route is slow. */
export function slowRoute(
  source: Pick<InspectedSide, "endpoint" | "facts">,
  target: Pick<InspectedSide, "endpoint">,
): string[] {
  const isSlow = [source, target].some(({ endpoint }) => endpoint.route?.via === "ssm");
  if (!isSlow || source.facts.bytes < slowFrom) return [];
  return ["Systems Manager forwards less than 1 MB/s; `pnpm sync --on-fargate` copies next to RDS instead"];
}

/** A side, for the plan. */
export function plannedSide({ endpoint, facts }: Pick<InspectedSide, "endpoint" | "facts">): PlannedSide {
  const { system, database, host, port, notes } = endpoint;
  const route =
    endpoint.route === undefined ? null : { via: endpoint.route.via, reason: endpoint.route.reason };
  return { system, database, host, port, version: facts.version, bytes: facts.bytes, route, notes };
}
