/** The facts about a source that a plan needs, read from a dump and its manifest. Pure. */
import type { ArchiveEntry } from "@pilot-light/core/inventory/archive";
import type { SchemaObject } from "@pilot-light/core/inventory/objects";
import type { DataTable, RowCounts } from "@pilot-light/core/inventory/tables";
import { ident } from "@pilot-light/core/postgres/identifiers";
import type { OpenedDump } from "../archive/opened-dump.ts";
import type { DatabaseFacts, InstalledExtension, NamedRole } from "../read/database-facts.ts";
import { privilegedEntries } from "../read/privileged-objects.ts";
import type { Privileges } from "../target/privileges.ts";
import type { SideFacts } from "./rules/rule.ts";

/** A dump, as the rules and the plan see a source. */
export interface DumpFacts extends SideFacts {
  objects: readonly SchemaObject[];
  /** Null if the manifest does not state the rows. */
  rows: RowCounts;
  privileges: Privileges;
}

/**
 * The facts of a dump.
 * @param targetFacts supplies the encoding if an old manifest does not state it
 */
export function factsOfDump(dump: OpenedDump, targetFacts: DatabaseFacts): DumpFacts {
  const { archive, contents, details, manifest } = dump;
  const { serverVersion, name } = manifest.database;
  const tables = tablesOf(dump);
  const tagsOf = (type: string) =>
    archive.entries.filter((entry) => entry.type === type).map(({ tag }) => tag);
  const rows: [string, number | null][] =
    contents === undefined
      ? tables.map(({ identity }) => [identity, null])
      : Object.entries(contents.tables).map(([identity, table]) => [identity, table.rows]);
  return {
    facts: {
      version: serverVersion,
      major: Number.parseInt(serverVersion, 10),
      database: name,
      oid: 0,
      encoding: details?.encoding ?? targetFacts.encoding,
      bytes: dump.bytes,
      oldestRelations: [],
      owner: "",
      role: "",
      superuser: false,
      createdb: false,
      owns: true,
      spareConnections: { database: null, role: null, server: null },
      maySignal: true,
      extensions: extensionsOf(dump),
      available: [],
      creatable: [],
      trusted: [],
      roles: [],
      sessions: 0,
      foreignSessions: 0,
      preparedTransactions: 0,
      subscriptions: [],
      logicalSlots: [],
      publications: [],
      eventTriggers: tagsOf("EVENT TRIGGER"),
      notDumped: details?.notDumped ?? [],
      unreadable: [],
      namedRoles: rolesOf(archive.entries),
      privilegedObjects: privilegedEntries(archive.entries),
      functionSettings: settingsOf(archive.entries),
      parameters: {},
      commentedExtensions: [],
      usedCollations: collationsOf(archive.entries),
      collations: [],
      settings: [],
      ...(manifest.database.mark === undefined ? {} : { mark: manifest.database.mark }),
    },
    tables,
    objects: (details?.objects ?? []).map(([kind, identity, definition]) => ({ kind, identity, definition })),
    rows: new Map(rows),
    privileges: {
      objects: (details?.privileges ?? []).map((object) => ({ ...object, owner: "", mayCreate: true })),
      defaults: [],
    },
  };
}

/** The tables whose rows the dump holds. The size of the dump is divided among them by their rows. */
function tablesOf({ archive, bytes, contents }: OpenedDump): DataTable[] {
  const data = archive.entries.filter(({ type }) => type === "TABLE DATA");
  const identityOf = ({ schema, tag }: ArchiveEntry) =>
    schema === null ? ident(tag) : `${name(schema)}.${name(tag)}`;
  const rowsOf = (entry: ArchiveEntry) => (contents?.tables[identityOf(entry)]?.rows ?? 0) + 1;
  const all = data.reduce((sum, entry) => sum + rowsOf(entry), 0);
  return data.map((entry) => {
    const identity = identityOf(entry);
    return {
      schema: entry.schema ?? "",
      name: entry.tag,
      identity,
      group: identity,
      columns: [],
      bytes: (bytes * perCompressedByte * rowsOf(entry)) / all,
      hidesRows: false,
      isReadable: true,
    };
  });
}

/** Bytes of a database on disk for each byte of its dump. This rough value serves the number of parallel jobs and the estimate. */
export const perCompressedByte = 5;

/** Quotes a name as the server does, except for keywords. A wrong name only changes the order of the tables. */
function name(text: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(text) ? text : ident(text);
}

/** Extensions, each with the entries that need it. */
function extensionsOf({ archive: { entries }, details }: OpenedDump): InstalledExtension[] {
  return entries
    .filter(({ type }) => type === "EXTENSION")
    .map((extension) => ({
      name: extension.tag,
      version: details?.state.extensions[extension.tag]?.version ?? "",
      dependents: entries
        .filter(
          ({ type, dependencies, tag }) =>
            dependencies.includes(extension.id) && !(type === "COMMENT" && tag.startsWith("EXTENSION ")),
        )
        .map(({ type, schema, tag }) => `${type.toLowerCase()} ${schema === null ? "" : `${schema}.`}${tag}`)
        .slice(0, 20),
    }));
}

const identifier = String.raw`(?:"(?:[^"]|"")+"|[^\s",()]+)`;
const policyRoles = new RegExp(
  String.raw`^CREATE POLICY ${identifier} ON ${identifier}(?:\.${identifier})?(?: AS RESTRICTIVE)?(?: FOR \w+)? TO (${identifier}(?:, ${identifier})*)`,
);

/** Roles that policies and user mappings of the dump name. */
function rolesOf(entries: readonly ArchiveEntry[]): NamedRole[] {
  const found = entries.flatMap(({ type, tag, sql }): NamedRole[] => {
    if (type === "POLICY") {
      const list = policyRoles.exec(sql)?.[1] ?? "";
      const roles = list.match(new RegExp(identifier, "g")) ?? [];
      return roles.map((role) => ({ role: unquoted(role), by: "policies" }));
    }
    const role = type === "USER MAPPING" ? /^USER MAPPING (.*) SERVER /.exec(tag)?.[1] : undefined;
    return role === undefined || role === "public" ? [] : [{ role, by: "user mappings" }];
  });
  return [...new Map(found.map((named) => [`${named.by} ${named.role}`, named])).values()];
}

/** Collations of the server that columns of the dump use. Collations in expressions are not found. If one is missing, the restore fails. */
function collationsOf(entries: readonly ArchiveEntry[]): string[] {
  const pattern = new RegExp(String.raw`^ +.* COLLATE pg_catalog\.(${identifier})`, "gm");
  const tables = entries.filter(({ type }) => /^(?:TABLE|TYPE|DOMAIN|FOREIGN TABLE)$/.test(type));
  const found = tables.flatMap(({ sql }) =>
    [...sql.matchAll(pattern)].map(([, name = ""]) => unquoted(name)),
  );
  return [...new Set(found)].sort();
}

/** Parameters that functions of the dump set. Their names stand before the body, each on its own line. */
function settingsOf(entries: readonly ArchiveEntry[]): DatabaseFacts["functionSettings"] {
  const functions = entries.filter(({ type }) => type === "FUNCTION" || type === "PROCEDURE");
  return functions.flatMap(({ schema, tag, sql }) => {
    const head = sql.split(/\n {4}AS /)[0] ?? "";
    const found = [...head.matchAll(new RegExp(String.raw`^ {4}SET (${identifier}) TO `, "gm"))];
    return found.map(([, parameter = ""]) => ({
      parameter: unquoted(parameter),
      function: `${schema === null ? "" : `${schema}.`}${tag}`,
    }));
  });
}

function unquoted(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text;
}

/** Sentences about what nothing verifies after the restore, because the manifest does not state it. */
export function unverifiedParts({ contents, details }: OpenedDump): string[] {
  const parts: string[] = [];
  if (contents === undefined) {
    parts.push("rows: the manifest states no row counts, so only the tables' names are compared");
  } else if (contents.depth === "counts") {
    parts.push("values of rows: the manifest states numbers of rows, but no hashes");
  }
  if (details === undefined) {
    parts.push(
      "the encoding, rows of extensions' tables, and privileges that PUBLIC does not have: the manifest is of an older version",
    );
  }
  return parts;
}
