/**
 * `pnpm compare --with <key>`: compares a database with the manifest of a dump. The dump itself is not downloaded. Takes and returns data,
 * which the command prints. Writes nothing.
 */
import type { CommandContext } from "@pilot-light/core/cli/command";
import { compareFingerprints, compareObjects, compareSequences } from "@pilot-light/core/inventory/compare";
import type { SchemaObject } from "@pilot-light/core/inventory/objects";
import { listDataTables, readingOf, readPositions } from "@pilot-light/core/inventory/tables";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import { decodeDetails, factsOf, type Details } from "../archive/details.ts";
import { manifestWithoutContents } from "../archive/errors.ts";
import type { DumpContents } from "../archive/manifest.ts";
import { findArchive } from "../dumps/fetch-dump.ts";
import { stating } from "../plan/resulting-state.ts";
import { notReadable } from "../plan/rules/readable.ts";
import { sessionOptions } from "../read/connect.ts";
import { readFacts } from "../read/database-facts.ts";
import { listReadableConfiguration, listDumpedSequences } from "../read/extensions.ts";
import { readInventory, readObjects, type Inventory } from "../read/inventory.ts";
import { readBusy } from "../read/lock-watch.ts";
import { hasSchema, objectsWithin, schemaIn, tablesWithin, type Chosen } from "../read/scope.ts";
import { openSnapshot, type Snapshot } from "../read/snapshot.ts";
import { resolveBucket, resolveOne, withRoutes } from "../resolve.ts";
import { sides, type CompareOptions } from "./compare.ts";
import { describePosition } from "./differences.ts";
import type { DumpComparison } from "./documents.ts";
import { fingerprintVisible } from "./read-side.ts";

export interface DumpCompareOptions extends CompareOptions {
  /** `latest`, a key, or a part of a key. */
  dump: string;
  /** The database to compare. Default: the system that was dumped. */
  system?: DatabaseSystem | undefined;
}

/**
 * Compares a database with the manifest of a dump, in one snapshot.
 * @throws OpsError DUMP_NOT_COMPARABLE, NOT_READABLE (precondition), MANIFEST_UNREADABLE (aws), and as `findArchive` does. An error of a
 *   server has the class source for Neon and target for RDS.
 */
export async function compareWithDump(
  options: DumpCompareOptions,
  context: CommandContext,
): Promise<DumpComparison> {
  return await withRoutes(options, context, (routes) =>
    stating("nothing-written", context.signal, async () => {
      const archive = await resolveBucket(options.outputs, context);
      const { stored, manifest } = await findArchive(options.dump, archive.bucket, context.signal);
      const uri = archive.bucket.uri(stored.key);
      const contents = manifest.verified ?? manifest.contents;
      const details = decodeDetails(manifest, uri);
      const compared = {
        contents: options.data ? contents : undefined,
        details: options.schema ? details : undefined,
        chosen: chosenBy(contents, details),
        withoutRows: contents?.withoutRows ?? [],
      };
      if (compared.contents === undefined && compared.details === undefined) {
        throw manifestWithoutContents({ uri });
      }
      const system = options.system ?? stored.system;
      const { endpoint, signal } = await resolveOne(system, options.outputs, routes, context);
      const own = { ...context, signal };
      const session = sessionOptions(sides[system], context.environment, signal);
      const found = await readBusy(endpoint, sides[system], own, async () => {
        await using snapshot = await openSnapshot(endpoint, options.data ? options.jobs : 1, session);
        const read = await readSnapshot(snapshot, compared, own);
        await snapshot.assertNotRewritten(sides[system]);
        return read;
      });
      const { database, host, port } = endpoint;
      const { version, ...differences } = found;
      return {
        dump: {
          key: stored.key,
          uri,
          system: stored.system,
          createdAt: stored.createdAt.toISOString(),
          version: manifest.database.serverVersion,
        },
        database: { system, database, host, port, version },
        ...differences,
        notes: [
          ...(compared.chosen === undefined
            ? []
            : [
                `a filter has chosen the schemas ${[...compared.chosen.schemas].join(", ")} for the dump: nothing else is compared`,
              ]),
          ...differences.notes,
          ...(options.data && contents?.depth === "counts"
            ? ["the manifest states numbers of rows but no hashes: the values of the rows are not compared"]
            : []),
          ...(options.data && contents === undefined
            ? ["the manifest states no rows: they are not compared"]
            : []),
          ...(options.schema && details === undefined
            ? ["the manifest is of an older version, and states no objects: they are not compared"]
            : []),
        ],
      };
    }),
  );
}

interface Stated {
  contents: DumpContents | undefined;
  details: Details | undefined;
  /** What a filter chose for the dump; undefined if it has everything. */
  chosen: Chosen | undefined;
  /** Tables whose rows a filter left out of the dump. */
  withoutRows: readonly string[];
}

/** What `--schema` chose when the dump was made. */
function chosenBy(contents: DumpContents | undefined, details: Details | undefined): Chosen | undefined {
  if (contents?.onlySchemas === undefined) return undefined;
  const extensions = Object.keys(details?.state.extensions ?? {});
  return { schemas: new Set(contents.onlySchemas), extensions: new Set(extensions) };
}

type Found = Pick<DumpComparison, "objects" | "tables" | "sequences" | "notes"> & { version: string };

async function readSnapshot(
  snapshot: Snapshot,
  { chosen, contents, details, withoutRows }: Stated,
  { printer }: CommandContext,
): Promise<Found> {
  const { first, outside, sessions } = snapshot;
  return await printer.step("read", async (report) => {
    const { version, role, unreadable } = await readFacts(first);
    const objects = unreadable.filter(
      (object) => chosen === undefined || hasSchema(chosen, schemaIn(object) ?? ""),
    );
    const { system } = first.endpoint;
    if (objects.length > 0) throw notReadable({ system, role, objects, isTarget: false });
    const list = tablesWithin(await listDataTables(first), chosen);
    const hidden = new Set(list.filter(({ hidesRows }) => hidesRows).map(({ group }) => group));
    const emptied = new Set([
      ...withoutRows,
      ...list.filter(({ identity }) => withoutRows.includes(identity)).map(({ group }) => group),
    ]);
    const onTable = (done: number, all: number) => report({ done, all, noun: "tables" });
    const readRows = async ({ depth, tables, sequences, largeObjects }: DumpContents) => {
      const relations = await listReadableConfiguration(first, chosen);
      // Positions are outside of every snapshot: read at its beginning, they belong to the rows best.
      const names = await listDumpedSequences(first, relations, chosen);
      const positions = await readPositions(outside, names);
      const reading = {
        depth: readingOf(depth, tables),
        onTable,
        fingerprint: fingerprintVisible,
        scope: chosen,
      };
      const { inventory } = await readInventory(sessions, reading, () => Promise.resolve(undefined));
      return {
        tables: compareTables({ tables, largeObjects }, inventory, new Set([...hidden, ...emptied])),
        sequences: comparePositions(sequences, positions),
      };
    };
    const rows = contents === undefined ? { tables: null, sequences: null } : await readRows(contents);
    const value = {
      version,
      ...rows,
      objects:
        details === undefined
          ? null
          : differingObjects(details, objectsWithin(await readObjects(first), chosen)),
      notes: [
        ...[...hidden].map(
          (table) => `${table}: row-level security hides rows from the role, so they are not compared`,
        ),
        ...(contents === undefined ? [] : withoutRows).map(
          (table) => `${table}: a filter left its rows out of the dump, so they are not compared`,
        ),
      ],
    };
    return { value, summary: "the database, in one snapshot" };
  });
}

/** All tables of both; first those that differ. */
function compareTables(
  stated: Pick<DumpContents, "tables" | "largeObjects">,
  found: Inventory,
  skipped: ReadonlySet<string>,
): NonNullable<DumpComparison["tables"]> {
  const visible = <T>(all: Iterable<[string, T]>) => [...all].filter(([identity]) => !skipped.has(identity));
  const hasObjects = stated.largeObjects.rows > 0 || found.largeObjects.rows > 0;
  const objects = <T>(all: T): [string, T][] => (hasObjects ? [["large objects", all]] : []);
  const dump = new Map([...visible(Object.entries(stated.tables)), ...objects(stated.largeObjects)]);
  const database = new Map([...visible(found.tables), ...objects(found.largeObjects)]);
  const different = new Set(compareFingerprints("table", dump, database).map(({ identity }) => identity));
  return [...new Set([...dump.keys(), ...database.keys()])]
    .map((table) => ({
      table,
      dumpRows: dump.get(table)?.rows ?? null,
      databaseRows: database.get(table)?.rows ?? null,
      isEqual: !different.has(table),
    }))
    .sort((a, b) => Number(a.isEqual) - Number(b.isEqual) || a.table.localeCompare(b.table));
}

function comparePositions(
  stated: DumpContents["sequences"],
  found: DumpContents["sequences"],
): NonNullable<DumpComparison["sequences"]> {
  const different = new Set(compareSequences(stated, stated, found).map(({ identity }) => identity));
  const byIdentity = (positions: DumpContents["sequences"]) =>
    new Map(positions.map((position) => [position.identity, describePosition(position)]));
  const [dump, database] = [byIdentity(stated), byIdentity(found)];
  return [...new Set([...dump.keys(), ...database.keys()])]
    .map((sequence) => ({
      sequence,
      dump: dump.get(sequence) ?? null,
      database: database.get(sequence) ?? null,
      isEqual: !different.has(sequence),
    }))
    .sort((a, b) => Number(a.isEqual) - Number(b.isEqual) || a.sequence.localeCompare(b.sequence));
}

const problems = { missing: "only-dump", unexpected: "only-database", different: "different" } as const;

/** Objects that differ in the facts that a manifest states. A manifest holds no SQL. */
function differingObjects(
  { objects }: Details,
  found: readonly SchemaObject[],
): NonNullable<DumpComparison["objects"]> {
  const stated = objects.map(([kind, identity, definition]) => ({ kind, identity, definition }));
  const actual = found.map((object) => ({ ...object, definition: factsOf(object) }));
  return compareObjects(stated, actual, { sameMajor: false }).map(({ kind, identity, problem }) => ({
    kind,
    identity,
    problem: problems[problem],
  }));
}
