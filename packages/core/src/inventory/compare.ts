/** Compares the contents of two databases. Pure functions over what `objects.ts` and `tables.ts` read. */
import { canonicalDefinition } from "./canonical.ts";
import { deparsedKinds, factKinds, type SchemaObject } from "./objects.ts";
import type { Fingerprint, SequencePosition } from "./tables.ts";

/** One difference between an expected and an actual database. */
export interface Difference {
  kind: string;
  identity: string;
  problem: "missing" | "unexpected" | "different";
  expected?: string;
  actual?: string;
  /** The complete definitions, if `expected` and `actual` are excerpts of them. */
  definitions?: { expected: string; actual: string };
}

/** A difference as one line. */
export function describeDifference(difference: Difference): string {
  const { kind, identity, problem, expected, actual } = difference;
  const isShown = problem === "different" && expected !== undefined;
  const values = isShown ? `: expected ${shorten(expected)}, found ${shorten(actual)}` : "";
  return `${kind} ${identity} ${problem === "different" ? "differs" : `is ${problem}`}${values}`;
}

function shorten(text = ""): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > 160 ? `${line.slice(0, 157)}...` : line;
}

/**
 * Differences of schema objects. With `sameMajor` false, SQL whose wording depends on the server's version is not compared: only
 * whether the object exists, and its facts.
 */
export function compareObjects(
  expected: readonly SchemaObject[],
  actual: readonly SchemaObject[],
  { sameMajor }: { sameMajor: boolean },
): Difference[] {
  const key = (object: SchemaObject) => `${object.kind}\0${object.identity}`;
  const actualByKey = new Map(actual.map((object) => [key(object), object]));
  const differences: Difference[] = [];
  for (const object of expected) {
    const { kind, identity, definition } = object;
    const other = actualByKey.get(key(object));
    actualByKey.delete(key(object));
    if (other === undefined) {
      differences.push({ kind, identity, problem: "missing" });
    } else if (!isSame(kind, definition, other.definition, sameMajor)) {
      differences.push({
        kind,
        identity,
        problem: "different",
        expected: definition,
        actual: other.definition,
      });
    }
  }
  for (const { kind, identity } of actualByKey.values()) {
    differences.push({ kind, identity, problem: "unexpected" });
  }
  return differences;
}

function isSame(kind: string, expected: string, actual: string, sameMajor: boolean): boolean {
  if (expected === actual) return true;
  if (!deparsedKinds.has(kind)) return false;
  const [expectedFacts, actualFacts] = [expected, actual].map((definition) => definition.split("\n")[0]);
  if (factKinds.has(kind) && expectedFacts !== actualFacts) return false;
  return !sameMajor || canonicalDefinition(expected) === canonicalDefinition(actual);
}

/** Differences of table contents, keyed by the table's identity. */
export function compareFingerprints(
  kind: string,
  expected: ReadonlyMap<string, Fingerprint>,
  actual: ReadonlyMap<string, Fingerprint>,
): Difference[] {
  const differences: Difference[] = [];
  for (const [identity, { rows, hash }] of expected) {
    const other = actual.get(identity);
    if (other === undefined) {
      differences.push({ kind, identity, problem: "missing" });
    } else if (other.rows !== rows) {
      differences.push({
        kind,
        identity,
        problem: "different",
        expected: `${rows} rows`,
        actual: `${other.rows} rows`,
      });
    } else if (other.hash !== hash) {
      differences.push({
        kind,
        identity,
        problem: "different",
        expected: `hash ${hash ?? "none"}`,
        actual: `hash ${other.hash ?? "none"}`,
      });
    }
  }
  for (const identity of actual.keys()) {
    if (!expected.has(identity)) differences.push({ kind, identity, problem: "unexpected" });
  }
  return differences;
}

/**
 * Differences of sequence positions. pg_dump reads positions outside of its snapshot. On a busy source the dumped position lies
 * between those that were read `before` and `after` the dump; on an idle source all three are equal.
 */
export function compareSequences(
  before: readonly SequencePosition[],
  after: readonly SequencePosition[],
  actual: readonly SequencePosition[],
): Difference[] {
  const kind = "sequence position";
  const afterByIdentity = new Map(after.map((position) => [position.identity, position]));
  const actualByIdentity = new Map(actual.map((position) => [position.identity, position]));
  const differences: Difference[] = [];
  for (const first of before) {
    const { identity } = first;
    const last = afterByIdentity.get(identity) ?? first;
    const found = actualByIdentity.get(identity);
    actualByIdentity.delete(identity);
    if (found === undefined) {
      differences.push({ kind, identity, problem: "missing" });
    } else if (!liesBetween(found, first, last)) {
      differences.push({
        kind,
        identity,
        problem: "different",
        expected: describePosition(first),
        actual: describePosition(found),
      });
    }
  }
  for (const identity of actualByIdentity.keys()) differences.push({ kind, identity, problem: "unexpected" });
  return differences;
}

function describePosition({ lastValue, isCalled }: SequencePosition): string {
  return `${lastValue}${isCalled ? "" : " (not called)"}`;
}

function liesBetween(found: SequencePosition, first: SequencePosition, last: SequencePosition): boolean {
  if (describePosition(first) === describePosition(last)) {
    return describePosition(found) === describePosition(first);
  }
  // A cycling sequence that moved may have started again: any position is possible.
  if (first.cycle) return true;
  const [low, high] = [BigInt(first.lastValue), BigInt(last.lastValue)].sort((a, b) => (a < b ? -1 : 1));
  const value = BigInt(found.lastValue);
  return low !== undefined && high !== undefined && value >= low && value <= high;
}
