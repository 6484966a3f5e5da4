/**
 * The details of a manifest: what a restore checks beyond the tables, and the facts about the dumped database that its plan needs. The
 * details of a database with a thousand columns have some 200 kB, so the manifest holds them compressed.
 */
import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { deparsedKinds, factKinds, type SchemaObject } from "@pilot-light/core/inventory/objects";
import { z } from "zod";
import { manifestUnreadable } from "../errors.ts";
import type { Manifest } from "./manifest.ts";

const names = z.array(z.string());
const fingerprints = z.record(z.string(), z.object({ rows: z.number(), hash: z.string().exactOptional() }));
/** Privileges of PUBLIC only: a manifest holds no names of roles. */
const grants = z.array(
  z.object({ grantee: z.null(), owner: z.boolean(), privilege: z.string(), grantable: z.boolean() }),
);

const detailsSchema = z.object({
  encoding: z.string(),
  /** As `DatabaseState`. */
  state: z.object({
    hasPublic: z.boolean(),
    extensions: z.record(z.string(), z.object({ version: z.string(), schema: z.string(), members: names })),
    brokenIndexes: z.record(z.string(), z.string()),
    unenforced: names,
    populated: names,
    largeObjectComments: z.record(z.string(), z.string()),
    rowTypes: z.record(z.string(), z.string()).exactOptional(),
  }),
  /** Configuration tables and sequences of extensions, as `ConfigurationRelation`. */
  relations: z.array(
    z.object({
      extension: z.string(),
      schema: z.string(),
      name: z.string(),
      identity: z.string(),
      isSequence: z.boolean(),
      filter: z.string(),
      columns: names,
      isReadable: z.boolean(),
    }),
  ),
  configuration: z.object({ rows: fingerprints, leftOut: fingerprints }),
  /** Kind, identity and facts of each schema object. */
  objects: z.array(z.tuple([z.string(), z.string(), z.string()])),
  /** Objects, with what PUBLIC may do. */
  privileges: z.array(
    z.object({
      kind: z.string(),
      schema: z.string().nullable(),
      on: z.string(),
      alter: z.string().nullable(),
      column: z.string().nullable(),
      extension: z.string().nullable(),
      grants,
      initial: grants.nullable(),
    }),
  ),
  /** What no dump contains, for the plan. */
  notDumped: names,
});

export type Details = z.infer<typeof detailsSchema>;

/** Encodes details as the text of the field `details` of a manifest. */
export function encodeDetails(details: Details): string {
  return gzipSync(JSON.stringify(detailsSchema.parse(details))).toString("base64");
}

/**
 * The details of a manifest; undefined if it has none.
 * @throws OpsError MANIFEST_UNREADABLE (aws)
 */
export function decodeDetails({ details }: Manifest, uri: string): Details | undefined {
  if (details === undefined) return undefined;
  try {
    return detailsSchema.parse(JSON.parse(gunzipSync(Buffer.from(details, "base64")).toString()));
  } catch (cause) {
    throw manifestUnreadable({ uri }, { cause, details: ["its field `details` cannot be read"] });
  }
}

/**
 * The facts of an object that servers of all major versions state alike. The facts of a policy name roles, so they are hashed. A comment
 * has none here: the verification compares comments by the dumps.
 */
export function factsOf({ kind, definition }: SchemaObject): string {
  if (kind === "comment") return "";
  const first = definition.split("\n")[0] ?? "";
  if (kind === "policy") return createHash("sha256").update(first).digest("hex").slice(0, 16);
  if (!deparsedKinds.has(kind)) return definition;
  return factKinds.has(kind) ? first : "";
}
