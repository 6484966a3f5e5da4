/** Compares the tables that a dump contains with the tables that its manifest names. Pure. */
import type { ArchiveEntry } from "@pilot-light/core/inventory/archive";
import { splitIdentity } from "../archive/identity.ts";

const keyOf = (schema: string | null, name: string) => JSON.stringify([schema, name]);

/**
 * Describes the tables that only the manifest or only the dump names, as sentences.
 * @param entries table of contents of the dump
 * @param tables identities of the tables in the manifest
 */
export function tableProblems(entries: readonly ArchiveEntry[], tables: readonly string[]): string[] {
  const namesOf = (type: string) =>
    new Set(entries.filter((entry) => entry.type === type).map(({ schema, tag }) => keyOf(schema, tag)));
  const created = namesOf("TABLE");
  const attached = namesOf("TABLE ATTACH");
  const known = new Set(
    tables.map((identity) => {
      const { schema, name } = splitIdentity(identity);
      return keyOf(schema, name);
    }),
  );
  const missing = tables.filter((identity) => {
    const { schema, name } = splitIdentity(identity);
    return !created.has(keyOf(schema, name));
  });
  // A dump may contain the rows of a table of an extension, but not the table. The manifest counts the rows of some partitions with those of
  // their parent.
  const unknown = entries.filter(({ type, schema, tag }) => {
    const key = keyOf(schema, tag);
    return type === "TABLE DATA" && created.has(key) && !known.has(key) && !attached.has(key);
  });
  return [
    ...missing.map((identity) => `the manifest names the table ${identity}, which the dump does not contain`),
    ...unknown.map(
      ({ schema, tag }) =>
        `the dump contains the table ${schema ?? ""}.${tag}, which the manifest does not name`,
    ),
  ];
}
