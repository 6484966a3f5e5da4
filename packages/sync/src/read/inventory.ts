/** Reads everything that a database contains, with several sessions at once. */
import { schemaObjectsQuery, type SchemaObject } from "@pilot-light/core/inventory/objects";
import {
  addFingerprints,
  emptyFingerprint,
  fingerprintLargeObjects,
  fingerprintTables,
  inBatches,
  listDataTables,
  type DataTable,
  type Fingerprint,
  type FingerprintReading,
} from "@pilot-light/core/inventory/tables";
import type { Session } from "@pilot-light/core/postgres/session";
import { objectsWithin, tablesWithin, type Chosen } from "./scope.ts";
import { drain } from "@pilot-light/core/async/settle";

/** The parts of a database that are compared, except the positions of sequences: no snapshot contains them. */
export interface Inventory {
  objects: readonly SchemaObject[];
  /** By `DataTable.group`. */
  tables: ReadonlyMap<string, Fingerprint>;
  largeObjects: Fingerprint;
}

/** An inventory with the sizes of the tables, which are not compared. */
export interface SizedInventory extends Inventory {
  /** Bytes on disk with indexes and TOAST, by `DataTable.group`. */
  sizes: ReadonlyMap<string, number>;
}

/** A key for a relation that no other relation has, with any characters in the names. */
export function nameOfRelation(schema: string | null, name: string): string {
  return JSON.stringify([schema, name]);
}

/** Reads all schema objects. */
export async function readObjects(session: Session): Promise<SchemaObject[]> {
  return await session.query<{ kind: string; identity: string; definition: string }>(schemaObjectsQuery);
}

export { countRows, type RowCounts } from "@pilot-light/core/inventory/tables";

/** How many sessions have tables to read at the same time; at most `jobs`. */
export function usefulReaders(tables: readonly DataTable[], jobs: number): number {
  return Math.max(1, Math.min(jobs, inBatches(tables).length));
}

/** How an inventory is read. */
export interface InventoryReading {
  depth: FingerprintReading;
  /** Called after each table. */
  onTable?: (done: number, all: number) => void;
  /** Reads a batch of tables. Default: `fingerprintTables`. */
  fingerprint?: typeof fingerprintTables;
  /** Called for each batch while other sessions may still read its tables. */
  afterwards?: (session: Session, batch: readonly DataTable[]) => Promise<void>;
  /** Nothing else is read. Default: everything. */
  scope?: Chosen | undefined;
}

/**
 * Reads the complete inventory, the largest tables first.
 * @param meanwhile reads something else in the first session; the other sessions begin with the tables
 */
export async function readInventory<T>(
  sessions: readonly Session[],
  { depth, onTable, fingerprint = fingerprintTables, afterwards, scope }: InventoryReading,
  meanwhile: (first: Session) => Promise<T>,
): Promise<{ inventory: SizedInventory; other: T }> {
  const [first, ...others] = sessions;
  if (first === undefined) throw new Error("An inventory needs a session.");
  const list = tablesWithin(await listDataTables(first), scope);
  const readRest = async () => ({
    other: await meanwhile(first),
    objects: objectsWithin(await readObjects(first), scope),
    largeObjects:
      scope === undefined
        ? await fingerprintLargeObjects(first, depth)
        : // The hash of large objects is always of the kind `texts`.
          emptyFingerprint(depth === "counts" ? depth : "texts"),
  });
  const rest = readRest();
  const tables = new Map<string, Fingerprint>();
  let done = 0;
  // The first session takes its part of the tables when it is free.
  const workers = [rest.then(() => first), ...others];
  const read = async (batch: readonly DataTable[], session: Session) => {
    const found = await fingerprint(session, batch, depth);
    for (const [index, each] of found.entries()) {
      const group = batch[index]?.group ?? "";
      const before = tables.get(group);
      tables.set(group, before === undefined ? each : addFingerprints(before, each));
    }
    done += batch.length;
    onTable?.(done, list.length);
  };
  const batches = inBatches(list);
  const work = [
    ...batches.map((batch) => (session: Session) => read(batch, session)),
    ...(afterwards === undefined
      ? []
      : batches.map((batch) => (session: Session) => afterwards(session, batch))),
  ];
  await drain(work, workers, (part, session) => part(session));
  const { other, objects, largeObjects } = await rest;
  const sizes = new Map<string, number>();
  for (const { group, bytes } of list) sizes.set(group, (sizes.get(group) ?? 0) + bytes);
  return { inventory: { objects, tables, largeObjects, sizes }, other };
}
