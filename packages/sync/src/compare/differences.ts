/** The differences between two databases. Neither of them counts as the right one. Pure. */
import { compareFingerprints, compareSequences, type Difference } from "@pilot-light/core/inventory/compare";
import type { DatabaseState } from "@pilot-light/core/inventory/state";
import type { Fingerprint, SequencePosition } from "@pilot-light/core/inventory/tables";
import { differencesBetween } from "../copy/equality.ts";
import type { DatabaseFacts } from "../read/database-facts.ts";
import type { ComparedObject, ComparedSequence, ComparedTable } from "./documents.ts";
import type { ReadSide } from "./read-side.ts";
import { unifiedDiff } from "./unified-diff.ts";

/** A value for each database. */
export interface Pair<T> {
  neon: T;
  rds: T;
}

/** Extensions that only one server offers and that no object needs. A sync leaves them out. */
export function platformExtensions({
  neon,
  rds,
}: Pair<Pick<DatabaseFacts, "extensions" | "available">>): string[] {
  const only = (own: typeof neon, other: typeof neon) =>
    own.extensions
      .filter(({ name, dependents }) => dependents.length === 0 && !other.available.includes(name))
      .map(({ name }) => name);
  return [...only(neon, rds), ...only(rds, neon)];
}

/**
 * Extensions whose versions differ because a sync installs the default version of the target's server: a note for each, and the version of
 * RDS that counts as equal.
 */
export function versionNotes({ neon, rds }: Pair<ReadSide>, skipped: readonly string[]) {
  const accepted = new Map<string, string>();
  const notes: string[] = [];
  for (const [name, { version }] of Object.entries(neon.state.extensions)) {
    const other = rds.state.extensions[name]?.version;
    if (other === undefined || skipped.includes(name)) continue;
    const isDefault = rds.installed.get(name) === other || neon.installed.get(name) === version;
    accepted.set(name, other !== version && isDefault ? other : version);
    if (other === version || !isDefault) continue;
    notes.push(
      `extension ${name} is ${version} on neon and ${other} on rds; a sync installs the version of the target's server`,
    );
  }
  return { accepted, notes };
}

/** Schema objects that differ, sorted by name. */
export function compareSchemas(
  { neon, rds }: Pair<ReadSide>,
  options: {
    sameMajor: boolean;
    skippedExtensions: readonly string[];
    versions: ReadonlyMap<string, string>;
  },
): ComparedObject[] {
  const withoutRows = (side: ReadSide): ReadSide => ({
    ...side,
    inventory: { ...side.inventory, tables: new Map(), largeObjects: { rows: 0 } },
    configuration: { rows: new Map(), leftOut: new Map() },
    sequences: [],
  });
  const [expected, actual] = [withoutRows(neon), withoutRows(rds)];
  const found = differencesBetween(
    { ...expected, state: { ...expected.state, unenforced: [] } },
    { ...actual, state: { ...actual.state, unenforced: [] } },
    {
      sequencesAfter: [],
      sameMajor: options.sameMajor,
      skippedExtensions: options.skippedExtensions,
      installedVersions: options.versions,
      isLeftOut: () => false,
      refreshed: new Set(neon.state.populated),
    },
  );
  return [...found, ...unenforced(neon.state, rds.state)].map(toObject).sort(byName);
}

/** Foreign keys that only one side enforces. A copy must enforce every foreign key, but here both sides may lack the same one. */
function unenforced(neon: DatabaseState, rds: DatabaseState): Difference[] {
  const describe = (isOff: boolean) => (isOff ? "not enforced" : "enforced");
  return [...new Set([...neon.unenforced, ...rds.unenforced])].flatMap((identity): Difference[] => {
    const [expected, actual] = [neon, rds].map((state) => describe(state.unenforced.includes(identity)));
    if (expected === undefined || actual === undefined || expected === actual) return [];
    return [{ kind: "foreign key constraint", identity, problem: "different", expected, actual }];
  });
}

const problems = { missing: "only-neon", unexpected: "only-rds", different: "different" } as const;

function toObject({ kind, identity, problem, expected, actual, definitions }: Difference): ComparedObject {
  const texts =
    definitions ?? (expected === undefined || actual === undefined ? undefined : { expected, actual });
  const diff =
    problem === "different" && texts !== undefined ? unifiedDiff(texts.expected, texts.actual) : [];
  return { kind, identity, problem: problems[problem], diff };
}

function byName(a: ComparedObject, b: ComparedObject): number {
  return a.identity.localeCompare(b.identity) || a.kind.localeCompare(b.kind);
}

/** All tables of both sides; first those that differ. Tables whose rows one side hides are left out. */
export function compareTables({ neon, rds }: Pair<ReadSide>): ComparedTable[] {
  const hidden = new Set([...neon.hidden, ...rds.hidden]);
  const visible = (tables: ReadonlyMap<string, Fingerprint>) =>
    new Map([...tables].filter(([identity]) => !hidden.has(identity)));
  const objects = ({ rows }: Fingerprint) => rows > 0;
  const all = (side: ReadSide) => [
    ...visible(side.inventory.tables),
    ...side.configuration.rows,
    ...([neon, rds].some((each) => objects(each.inventory.largeObjects))
      ? [["large objects", side.inventory.largeObjects] as const]
      : []),
  ];
  const [left, right] = [new Map(all(neon)), new Map(all(rds))];
  const different = new Set(compareFingerprints("table", left, right).map(({ identity }) => identity));
  return [...new Set([...left.keys(), ...right.keys()])]
    .map((table) => ({
      table,
      neonRows: left.get(table)?.rows ?? null,
      rdsRows: right.get(table)?.rows ?? null,
      neonHash: left.get(table)?.hash ?? null,
      rdsHash: right.get(table)?.hash ?? null,
      isEqual: !different.has(table),
    }))
    .sort((a, b) => Number(a.isEqual) - Number(b.isEqual) || a.table.localeCompare(b.table));
}

/** All sequences of both sides; first those that differ. */
export function compareSequencesOf({ neon, rds }: Pair<Pick<ReadSide, "sequences">>): ComparedSequence[] {
  const differences = compareSequences(neon.sequences, neon.sequences, rds.sequences);
  const different = new Set(differences.map(({ identity }) => identity));
  const byIdentity = (positions: readonly SequencePosition[]) =>
    new Map(positions.map((position) => [position.identity, describePosition(position)]));
  const [left, right] = [byIdentity(neon.sequences), byIdentity(rds.sequences)];
  return [...new Set([...left.keys(), ...right.keys()])]
    .map((sequence) => ({
      sequence,
      neon: left.get(sequence) ?? null,
      rds: right.get(sequence) ?? null,
      isEqual: !different.has(sequence),
    }))
    .sort((a, b) => Number(a.isEqual) - Number(b.isEqual) || a.sequence.localeCompare(b.sequence));
}

/** A position of a sequence as text for people. */
export function describePosition({ lastValue, isCalled }: SequencePosition): string {
  return isCalled ? lastValue : `${lastValue} (not called)`;
}
