/**
 * The script that would change the definitions of one database to those of the other. It composes no SQL itself: the entry of an object in
 * the dump states its CREATE and its DROP. If dropping and creating an object again would lose rows, a comment names the object, and
 * a person must write the statement. Pure.
 */
import type { Archive, ArchiveEntry } from "@pilot-light/core/inventory/archive";
import { nameOf, pairEntries, type ArchiveOptions } from "@pilot-light/core/inventory/archive-compare";

/** Types of objects that hold nothing but their definition, so the script may drop them and create them again. */
const recreatable: ReadonlySet<string> = new Set([
  "AGGREGATE",
  "CAST",
  "CHECK CONSTRAINT",
  "CONSTRAINT",
  "DEFAULT",
  "FK CONSTRAINT",
  "FUNCTION",
  "INDEX",
  "OPERATOR",
  "POLICY",
  "PROCEDURE",
  "RULE",
  "STATISTICS",
  "TRIGGER",
  "VIEW",
]);

/** Types whose statement replaces an existing object. */
const replaceable: ReadonlySet<string> = new Set(["COMMENT", "SEQUENCE OWNED BY"]);

/** Types whose deletion loses something that no statement restores, with the warning about it. */
const holdsData: Readonly<Record<string, string>> = {
  TABLE: "its rows are deleted",
  SEQUENCE: "its position is lost",
};

export interface SchemaScript {
  /** Statements of pg_dump, in the order in which they can run. Each may be several lines. */
  statements: readonly ScriptStatement[];
  /** Objects that a person must change, as `kind name: reason`. */
  byHand: readonly string[];
  /** Whether statements or `byHand` name an object. */
  covers: (kind: string, identity: string) => boolean;
}

export interface ScriptStatement {
  sql: string;
  /** What a person should know about the statement; it becomes a comment. */
  warning?: string;
}

/**
 * Lists the statements.
 * @param source the dump of the database whose definitions are wanted
 * @param target the dump of the database whose definitions would change
 */
export function makeSchemaScript(
  source: Archive,
  target: Archive,
  { skippedExtensions, ...options }: ArchiveOptions & { skippedExtensions: readonly string[] },
): SchemaScript {
  const pairs = pairEntries(source, target, options);
  const byHand: string[] = [];
  const dropped = new Set<ArchiveEntry>();
  const created = new Set<ArchiveEntry>(missingExtensions(source, target, skippedExtensions));
  const wantedOf = finder(source, pairs);
  const refuse = (entry: ArchiveEntry, reason: string) => {
    const { kind, identity } = nameOf(entry);
    byHand.push(`${kind} ${identity}: ${reason}`);
  };
  const extra = new Set(pairs.flatMap(({ expected, actual }) => (expected ? [] : actual ? [actual] : [])));
  for (const entry of extra) {
    if (entry.drop !== "") dropped.add(entry);
    else if (!isPartOf(entry, extra)) refuse(entry, "only the target has it, and pg_dump states no DROP");
  }
  for (const { expected, actual } of pairs) {
    if (expected === undefined) continue;
    if (actual === undefined || replaceable.has(expected.type)) {
      created.add(expected);
      continue;
    }
    if (!recreatable.has(expected.type) || actual.drop === "") {
      refuse(expected, "both sides have it, and creating it again would lose what it holds");
      continue;
    }
    const needing = dependents(target, actual);
    const obstacle = needing.find((entry) => !extra.has(entry) && !isRecreatable(entry));
    if (obstacle !== undefined) {
      const { kind, identity } = nameOf(obstacle);
      refuse(expected, `${kind} ${identity} depends on it`);
      continue;
    }
    for (const entry of [actual, ...needing]) if (entry.drop !== "") dropped.add(entry);
    for (const entry of [actual, ...needing]) {
      const again = entry === actual ? expected : wantedOf(entry);
      if (again !== undefined) created.add(again);
    }
  }
  const names = new Set(
    [...created, ...pairs.flatMap(({ expected, actual }) => [expected, actual])].flatMap((entry) => {
      if (entry === undefined) return [];
      const { kind, identity } = nameOf(entry);
      return [`${kind} ${identity}`];
    }),
  );
  return {
    covers: (kind, identity) => names.has(`${kind} ${identity}`),
    statements: [
      ...target.entries
        .filter((entry) => dropped.has(entry) && !goesWithParent(entry, target, dropped))
        .reverse()
        .map(dropping),
      ...source.entries.filter((entry) => created.has(entry)).map(creating),
    ],
    byHand,
  };
}

function missingExtensions(source: Archive, target: Archive, skipped: readonly string[]): ArchiveEntry[] {
  const isExtension = ({ type }: ArchiveEntry) => type === "EXTENSION";
  const known = new Set([...skipped, ...target.entries.filter(isExtension).map(({ tag }) => tag)]);
  return source.entries.filter((entry) => isExtension(entry) && !known.has(entry.tag));
}

function dropping({ drop, type }: ArchiveEntry): ScriptStatement {
  const warning = holdsData[type];
  return { sql: drop.trim(), ...(warning === undefined ? {} : { warning }) };
}

function creating({ sql, accessMethod, type }: ArchiveEntry): ScriptStatement {
  const method = accessMethod === "" ? "" : `SET LOCAL default_table_access_method = ${accessMethod};\n`;
  return {
    sql: `${method}${sql.trim()}`,
    ...(type === "MATERIALIZED VIEW" ? { warning: "it is empty until REFRESH MATERIALIZED VIEW" } : {}),
  };
}

/** Whether an entry may be dropped and created again. A comment is dropped with its object. */
function isRecreatable({ type, drop }: ArchiveEntry): boolean {
  return type === "COMMENT" || (recreatable.has(type) && drop !== "");
}

/** Whether an entry without a DROP statement is dropped together with another entry. */
function isPartOf(entry: ArchiveEntry, others: ReadonlySet<ArchiveEntry>): boolean {
  return [...others].some(({ id, drop }) => drop !== "" && entry.dependencies.includes(id));
}

/** An index or a constraint of a partition is dropped with that of its parent, and cannot be dropped alone. */
function goesWithParent(
  entry: ArchiveEntry,
  { entries }: Archive,
  dropped: ReadonlySet<ArchiveEntry>,
): boolean {
  if (entry.type !== "INDEX" && entry.type !== "CONSTRAINT") return false;
  const byId = new Map([...dropped].map((each) => [each.id, each]));
  return entries.some(
    ({ type, tag, schema, dependencies }) =>
      type === "INDEX ATTACH" &&
      schema === entry.schema &&
      tag === indexOf(entry) &&
      dependencies.includes(entry.id) &&
      dependencies.some((id) => id !== entry.id && byId.has(id)),
  );
}

/** The index of a constraint has its name: `items items_pkey`. */
function indexOf({ type, tag }: ArchiveEntry): string {
  return type === "INDEX" ? tag : tag.slice(tag.indexOf(" ") + 1);
}

/** The entries of the target that depend on an entry, directly or not: they must be dropped before it. */
function dependents({ entries }: Archive, entry: ArchiveEntry): ArchiveEntry[] {
  const found = new Set<ArchiveEntry>();
  const open = [entry];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { id } = next;
    for (const other of entries) {
      if (!other.dependencies.includes(id) || found.has(other) || other === entry) continue;
      found.add(other);
      open.push(other);
    }
  }
  return [...found];
}

/** Finds the entry of the source that corresponds to an entry of the target. */
function finder(source: Archive, pairs: ReturnType<typeof pairEntries>) {
  const changed = new Map(pairs.flatMap(({ expected, actual }) => (actual ? [[actual, expected]] : [])));
  const keyOf = ({ type, schema, tag }: ArchiveEntry) => JSON.stringify([type, schema, tag]);
  const known = new Map(source.entries.map((entry) => [keyOf(entry), entry]));
  return (entry: ArchiveEntry) => (changed.has(entry) ? changed.get(entry) : known.get(keyOf(entry)));
}

/** Facts for the comments at the beginning of the script. */
export interface ScriptHead {
  /** `neon (neondb @ host)`. */
  source: string;
  target: string;
  /** UTC, in ISO 8601. */
  madeAt: string;
}

/** The script as a file for psql. Its last line is ROLLBACK: a person changes it to COMMIT after reading the output of a run. */
export function renderSchemaScript(
  { statements, byHand }: Pick<SchemaScript, "statements" | "byHand">,
  { source, target, madeAt }: ScriptHead,
): string {
  const comment = (text: string) => `-- ${text.replaceAll(/\s+/g, " ")}`;
  const lines = [
    comment(`These statements would give ${target} the definitions of ${source}.`),
    comment(
      `Created by pnpm compare --schema --sql at ${madeAt}, from what pg_dump states. It was never run. Read the script first.`,
    ),
    comment(
      "New objects belong to the role that runs the script. No other role gets privileges. The script copies no row: pnpm sync does.",
    ),
    comment("To run it:  psql --set=ON_ERROR_STOP=1 --file=<this file> <connection URL of the target>"),
    comment("Nothing is kept until ROLLBACK in the last line is changed to COMMIT."),
    ...(byHand.length === 0 ? [] : ["--", comment("A person must change these objects:")]),
    ...byHand.map((each) => comment(`* ${each}`)),
    "",
    "BEGIN;",
    "SET LOCAL lock_timeout = '5s';",
    "SET LOCAL search_path = '';",
    "SET LOCAL check_function_bodies = off;",
    "",
    ...statements.flatMap(({ sql, warning }) => [
      ...(warning === undefined ? [] : [comment(`Attention: ${warning}.`)]),
      sql,
      "",
    ]),
    "ROLLBACK;",
  ];
  return `${lines.join("\n")}\n`;
}
