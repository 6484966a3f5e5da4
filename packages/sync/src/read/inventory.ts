/** Everything that a database contains, read with several sessions at once. */
import { schemaObjectsQuery, type SchemaObject } from "@pilot-light/core/inventory/objects";
import {
  addFingerprints,
  fingerprintLargeObjects,
  fingerprintTable,
  listDataTables,
  type Fingerprint,
  type FingerprintReading,
} from "@pilot-light/core/inventory/tables";
import type { Session } from "@pilot-light/core/postgres/session";
import { drain } from "@pilot-light/core/async/settle";

/** What two databases are compared by, except the positions of sequences: no snapshot contains them. */
export interface Inventory {
  objects: readonly SchemaObject[];
  /** By `DataTable.group`. */
  tables: ReadonlyMap<string, Fingerprint>;
  largeObjects: Fingerprint;
}

/** A key for a relation that no other relation has, whatever is in the names. */
export function nameOfRelation(schema: string | null, name: string): string {
  return JSON.stringify([schema, name]);
}

/** Reads all schema objects. */
export async function readObjects(session: Session): Promise<SchemaObject[]> {
  return await session.query<{ kind: string; identity: string; definition: string }>(schemaObjectsQuery);
}

export { countRows, type RowCounts } from "@pilot-light/core/inventory/tables";

/**
 * Reads the complete inventory, the largest tables first.
 * @param fingerprint how one table is read; a plain query unless given
 */
export async function readInventory(
  sessions: readonly Session[],
  reading: FingerprintReading,
  onTable: (done: number, all: number) => void,
  fingerprint: typeof fingerprintTable = fingerprintTable,
): Promise<Inventory> {
  const [first] = sessions;
  if (first === undefined) throw new Error("An inventory needs a session.");
  const objects = await readObjects(first);
  const list = await listDataTables(first);
  const largeObjects = await fingerprintLargeObjects(first, reading);
  const tables = new Map<string, Fingerprint>();
  let done = 0;
  await drain(list, sessions, async (table, session) => {
    const found = await fingerprint(session, table, reading);
    const before = tables.get(table.group);
    tables.set(table.group, before === undefined ? found : addFingerprints(before, found));
    done += 1;
    onTable(done, list.length);
  });
  return { objects, tables, largeObjects };
}
