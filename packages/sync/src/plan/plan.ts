/** The plan of a sync: what will be replaced by what. Made from what was read, printed before the question, and the `--json` of `--dry-run`. */
import { compareObjects } from "@pilot-light/core/inventory/compare";
import type { SchemaObject } from "@pilot-light/core/inventory/objects";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import type { Direction } from "../direction.ts";
import type { DatabaseFacts } from "../read/database-facts.ts";
import type { RowCounts } from "../read/inventory.ts";

/** One side as the plan shows it. */
export interface PlannedSide {
  system: Endpoint["system"];
  database: string;
  host: string;
  port: number;
  version: string;
  /** Size on disk in bytes. */
  bytes: number;
  notes: readonly string[];
}

/** `replaced`: on both sides; `new`: only in the source; `removed`: only in the target. */
export type TableChange = "replaced" | "new" | "removed";

export interface PlannedTable {
  table: string;
  /** Exact; null where the table does not exist, or where row-level security hides its rows from the role. */
  sourceRows: number | null;
  targetRows: number | null;
  change: TableChange;
}

/** Everything a person has to know before saying yes. Sizes in bytes, times in milliseconds. */
export interface Plan {
  direction: Direction["name"];
  source: PlannedSide;
  target: PlannedSide;
  /** `s3://` address of the dump. */
  archive: string;
  /** `s3://` address of the target's own dump, or null with `--no-target-backup`. */
  backup: string | null;
  mode: { name: "staged"; description: string };
  verify: string;
  clientVersion: string;
  tables: readonly PlannedTable[];
  /** Objects other than tables that only the target has. */
  removedObjects: readonly string[];
  notes: readonly string[];
  estimatedDuration: number;
}

const mode = {
  name: "staged",
  description: "restored beside the target, verified, then swapped; the old database stays for `sync undo`",
} as const;

/** Kinds that go and come with their table or schema: naming them as well would bury what matters. */
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

/** Tables of both sides side by side, those that are lost first, then by name. */
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

/** Names of what only the target has, tables left out. */
export function removedObjects(source: readonly SchemaObject[], target: readonly SchemaObject[]): string[] {
  return compareObjects(source, target, { sameMajor: false })
    .filter(({ problem, kind }) => problem === "unexpected" && !partsOfOthers.has(kind))
    .map(({ kind, identity }) => `${kind} ${identity}`);
}

/**
 * A rough duration: fixed costs of some dozen round trips and program starts, and 20 MB/s for everything between dump
 * and verification, which is what a small RDS instance does.
 */
export function estimateDuration(sourceBytes: number, backupBytes: number): number {
  return 3000 + ((sourceBytes + backupBytes / 4) / 20_000_000) * 1000;
}

/** Puts the plan together. */
export function makePlan(parts: {
  direction: Direction;
  source: { endpoint: Endpoint; facts: DatabaseFacts; rows: RowCounts; objects: readonly SchemaObject[] };
  target: { endpoint: Endpoint; facts: DatabaseFacts; rows: RowCounts; objects: readonly SchemaObject[] };
  archive: string;
  backup: string | null;
  verify: string;
  clientVersion: string;
  notes: readonly string[];
}): Plan {
  const { direction, source, target, archive, backup, verify, clientVersion, notes } = parts;
  return {
    direction: direction.name,
    source: plannedSide(source.endpoint, source.facts),
    target: plannedSide(target.endpoint, target.facts),
    archive,
    backup,
    mode,
    verify,
    clientVersion,
    tables: planTables(source.rows, target.rows),
    removedObjects: removedObjects(source.objects, target.objects),
    notes,
    estimatedDuration: estimateDuration(source.facts.bytes, backup === null ? 0 : target.facts.bytes),
  };
}

function plannedSide(
  { system, database, host, port, notes }: Endpoint,
  { version, bytes }: DatabaseFacts,
): PlannedSide {
  return { system, database, host, port, version, bytes, notes };
}
