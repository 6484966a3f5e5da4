/** Compares a database with the dump that it was restored from, as far as the manifest of the dump states what it must contain. Pure. */
import type { ArchiveEntry } from "@pilot-light/core/inventory/archive";
import type { DatabaseState } from "@pilot-light/core/inventory/state";
import type { Fingerprint, SequencePosition } from "@pilot-light/core/inventory/tables";
import { factsOf } from "../archive/details.ts";
import { splitIdentity } from "../archive/identity.ts";
import type { OpenedDump } from "../archive/opened-dump.ts";
import type { DatabaseContent } from "../copy/equality.ts";
import type { Configuration } from "../read/extensions.ts";
import { nameOfRelation, type Inventory } from "../read/inventory.ts";
import type { Comparison } from "./loaded-source.ts";

/**
 * The contents that the restored database must have. A part that the manifest does not state counts as equal: the plan has named these parts.
 * @param restored the entries of the dump that were restored
 * @param configuration identities of the configuration tables of restored extensions
 */
export function compareWith(
  { archive, contents, details }: Pick<OpenedDump, "archive" | "contents" | "details">,
  restored: readonly ArchiveEntry[],
  configuration: ReadonlySet<string>,
  found: DatabaseContent,
): Comparison {
  // Without hashes on one side, numbers of rows are compared.
  const isHashed = [...found.inventory.tables.values(), found.inventory.largeObjects].some(
    ({ hash }) => hash !== undefined,
  );
  const shown = ({ rows, hash }: Fingerprint): Fingerprint =>
    isHashed && hash !== undefined ? { rows, hash } : { rows };
  const expectedInventory: Inventory = {
    objects: (details?.objects ?? []).map(([kind, identity, definition]) => ({ kind, identity, definition })),
    tables: mapValues(new Map(Object.entries(contents?.tables ?? {})), shown),
    largeObjects: shown(contents?.largeObjects ?? found.inventory.largeObjects),
  };
  const rowsOf = (all: Readonly<Record<string, Fingerprint>>) =>
    mapValues(new Map(Object.entries(all).filter(([identity]) => configuration.has(identity))), shown);
  const expectedConfiguration: Configuration | undefined = details && {
    rows: rowsOf(details.configuration.rows),
    leftOut: new Map(Object.entries(details.configuration.leftOut)),
  };
  const actual: DatabaseContent = {
    ...found,
    configuration: { ...found.configuration, rows: mapValues(found.configuration.rows, shown) },
    inventory: {
      ...found.inventory,
      objects:
        details === undefined
          ? found.inventory.objects
          : found.inventory.objects.map((object) => ({ ...object, definition: factsOf(object) })),
    },
  };
  const expected: DatabaseContent = {
    archive,
    state: details?.state ?? stateOf(restored, found.state),
    configuration: expectedConfiguration ?? actual.configuration,
    inventory: {
      objects: details === undefined ? actual.inventory.objects : expectedInventory.objects,
      tables: contents === undefined ? actual.inventory.tables : expectedInventory.tables,
      largeObjects: expectedInventory.largeObjects,
    },
    sequences: sequencesOf(details === undefined ? withoutMembers(restored) : restored, found.sequences),
  };
  return { expected, actual, sequencesAfter: [] };
}

function mapValues<A, B>(map: ReadonlyMap<string, A>, change: (value: A) => B): Map<string, B> {
  return new Map([...map].map(([key, value]) => [key, change(value)]));
}

/** The entries without the positions of sequences of extensions: an old manifest does not name these sequences, so no step reads them. */
function withoutMembers(restored: readonly ArchiveEntry[]): ArchiveEntry[] {
  const keyOf = ({ schema, tag }: ArchiveEntry) => nameOfRelation(schema, tag);
  const created = new Set(restored.filter(({ type }) => type === "SEQUENCE").map(keyOf));
  return restored.filter((entry) => entry.type !== "SEQUENCE SET" || created.has(keyOf(entry)));
}

/** The positions that the dump sets. They are more exact than those of the manifest, which were read a moment before the dump. */
export function sequencesOf(
  restored: readonly ArchiveEntry[],
  found: readonly SequencePosition[],
): SequencePosition[] {
  const known = new Map(
    found.map((position) => {
      const { schema, name } = splitIdentity(position.identity);
      return [nameOfRelation(schema, name), position];
    }),
  );
  return restored.flatMap(({ type, schema, tag, sql }) => {
    const [, lastValue, called] = /', (-?\d+), (true|false)\);\s*$/.exec(sql) ?? [];
    if (type !== "SEQUENCE SET" || lastValue === undefined) return [];
    const position = known.get(nameOfRelation(schema, tag));
    const identity = position?.identity ?? `${schema ?? ""}.${tag}`;
    const { increment = "1", cycle = false } = position ?? {};
    return [{ identity, lastValue, isCalled: called === "true", increment, cycle }];
  });
}

/** The state that the dump states; the rest is as found. */
function stateOf(restored: readonly ArchiveEntry[], found: DatabaseState): DatabaseState {
  const unknown = { version: "", schema: "", members: [] };
  const extensions = restored.filter(({ type }) => type === "EXTENSION").map(({ tag }) => tag);
  return {
    ...found,
    extensions: Object.fromEntries(extensions.map((name) => [name, found.extensions[name] ?? unknown])),
    // The index of a partitioned table is not valid if a partition has no such index. This is no fault of the restore.
    brokenIndexes: Object.fromEntries(
      Object.entries(found.brokenIndexes).filter(([, reason]) => reason === "not valid"),
    ),
    unenforced: [],
  };
}
