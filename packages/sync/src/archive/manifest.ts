/** The manifest of a dump, which a sync writes last: what the dump is, which database it is from, and how to check that it is intact. */
import type { DirectionName } from "../direction.ts";
import { manifestUnreadable } from "../errors.ts";
import { z } from "zod";
import { describeMark, type CopyMark } from "../read/copy-mark.ts";

const databaseShape = {
  system: z.enum(["neon", "rds"]).describe("Where the database is."),
  host: z.string().describe("Host name of the server."),
  name: z.string().describe("Name of the database."),
};
const oid = z
  .number()
  .exactOptional()
  .describe("OID of the database. Earlier versions of the tool did not write it.");
/** A file of statements. */
export const scriptSchema = z.object({
  file: z.string().describe("Name of the file."),
  sha256: z.string().describe("SHA-256 of the file, in hexadecimal."),
});
/** As `CopyMark`. */
export const markSchema = z.object({
  afterRestore: scriptSchema
    .exactOptional()
    .describe("The statements that changed rows after a verification."),
  excludeTableData: z
    .array(z.string())
    .readonly()
    .exactOptional()
    .describe("Patterns of the tables whose rows were left out."),
  schemas: z
    .array(z.string())
    .readonly()
    .exactOptional()
    .describe("Patterns of the schemas that were copied. Everything else was left out."),
  unreadable: z.boolean().exactOptional().describe("The mark of the database could not be read."),
});
const mark = markSchema.exactOptional();
const fingerprint = z.object({
  rows: z.number().describe("Number of rows."),
  hash: z
    .string()
    .exactOptional()
    .describe(
      "Sum of the hashes of all rows; absent when they were only counted. Of a table: `columns:` and the sum. Earlier versions of the tool wrote `records:` and a sum of other hashes, or the sum of hashes of the rows' texts without a prefix.",
    ),
});
const sequence = z.object({
  identity: z.string().describe("`schema.name`, quoted if needed."),
  lastValue: z.string().describe("Last value, in decimal."),
  isCalled: z.boolean().describe("Whether the last value was returned to a caller."),
  increment: z.string().describe("Increment, in decimal."),
  cycle: z.boolean().describe("Whether the sequence starts again at its end."),
});

/** What a dump contains, read in the snapshot that the dump was made from. */
const contentsSchema = z.object({
  depth: z.enum(["checksums", "counts"]).describe("What the tables were compared by."),
  snapshot: z.string().describe("Identifier of the snapshot that the dump was made from."),
  tables: z.record(z.string(), fingerprint).describe("By `schema.name`, quoted if needed."),
  largeObjects: fingerprint.describe("All large objects together."),
  sequences: z.array(sequence).readonly().describe("Positions of the sequences."),
  schemaObjects: z.number().describe("Number of schema objects."),
  withoutRows: z
    .array(z.string())
    .readonly()
    .exactOptional()
    .describe("Tables whose rows a filter left out. The dump and the target have none of them."),
  onlySchemas: z
    .array(z.string())
    .readonly()
    .exactOptional()
    .describe("Schemas that a filter chose, without quotes. The dump and the target have nothing else."),
});

/** The version that this tool writes. */
const manifestVersion = 2;

/** The versions that this tool reads. Version 1 has neither `contents` nor `details`, and always a direction. */
const readVersions: readonly number[] = [1, 2];

/** A branch of Neon that a run has created. */
export const restorePointSchema = z.object({
  project: z.string().describe("Id of the Neon project."),
  branch: z.string().describe("Name of the branch whose state it has."),
  id: z.string().describe("Id of the restore point."),
  name: z.string().describe("Name of the restore point."),
  expiresAt: z.string().describe("When Neon deletes it: UTC, in ISO 8601."),
});

/**
 * A manifest. Manifests are stored in S3, and other programs read them: a field keeps its name and its meaning. Readers accept unknown
 * fields. A manifest holds no user name of a database and no password.
 */
export const manifestSchema = z.looseObject({
  version: z.union([z.literal(1), z.literal(2)]).describe("Version of the manifest."),
  kind: z
    .enum(["archive", "backup"])
    .describe(
      "`archive`: the dump that a sync restored and verified. `backup`: the dump of a target before its replacement.",
    ),
  key: z.string().describe("S3 key of the dump."),
  bytes: z.number().describe("Size of the dump in bytes."),
  sha256: z.string().describe("SHA-256 of the dump, in hexadecimal."),
  createdAt: z.string().describe("UTC, in ISO 8601."),
  createdBy: z.string().describe("ARN of who ran the sync."),
  direction: z
    .enum(["neon-to-rds", "rds-to-neon"])
    .exactOptional()
    .describe("Direction of the sync; absent if a restore made the dump."),
  restored: z
    .string()
    .exactOptional()
    .describe("Of a backup that a restore made: S3 key of the dump that replaced the target."),
  sameAs: z
    .string()
    .exactOptional()
    .describe(
      "Of a backup: S3 key of an earlier dump with the same bytes, which the target equaled. Absent if pg_dump has read the target.",
    ),
  database: z
    .object({
      ...databaseShape,
      serverVersion: z.string().describe("Version of the server."),
      oid,
      mark: mark.describe(
        "Why the dump is one of a changed copy, and must not reach Neon; absent if it is not.",
      ),
    })
    .describe("The dumped database."),
  target: z
    .object({
      ...databaseShape,
      oid,
      mark: mark.describe("Why the restored database is a changed copy; absent if it is not."),
    })
    .exactOptional()
    .describe(
      "Of an archive: the database that it was restored to. Earlier versions of the tool did not write it.",
    ),
  clientVersion: z.string().describe("Version of pg_dump."),
  verified: contentsSchema
    .exactOptional()
    .describe("Of an archive: what was verified, read in the snapshot that the dump was made from."),
  contents: contentsSchema
    .exactOptional()
    .describe(
      "Of a backup: what the dump contains. No copy was compared with it. Version 1 has no such field.",
    ),
  details: z
    .string()
    .exactOptional()
    .describe(
      "What a restore verifies beyond the tables, as JSON, compressed with gzip, in base64. Version 1 has no such field.",
    ),
  afterRestore: scriptSchema
    .extend({
      tables: z.record(z.string(), fingerprint).describe("The tables of the target after the statements."),
      largeObjects: fingerprint.describe("All large objects of the target after the statements."),
    })
    .exactOptional()
    .describe("Of an archive: the statements that changed the target after its verification."),
  restorePoint: restorePointSchema
    .exactOptional()
    .describe(
      "Of an archive: the branch of Neon with the state of the target before the sync, if there is one.",
    ),
  durations: z.record(z.string(), z.number()).describe("Milliseconds that each step took, by its name."),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type DumpContents = z.infer<typeof contentsSchema>;

/**
 * Reads a manifest.
 * @param uri its address, for the error
 * @throws OpsError MANIFEST_UNREADABLE (aws)
 */
export function parseManifest(text: string, uri: string): Manifest {
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw manifestUnreadable({ uri }, { cause, details: reasonsOf(cause, text) });
  }
}

/** Why a manifest cannot be read. */
function reasonsOf(cause: unknown, text: string): string[] {
  if (!(cause instanceof z.ZodError)) return ["it is not JSON"];
  const { data } = z.looseObject({ version: z.number() }).safeParse(JSON.parse(text));
  if (data !== undefined && !readVersions.includes(data.version)) {
    return [
      `it has version ${data.version}; this version of the tool reads the versions ${readVersions.join(" and ")}`,
    ];
  }
  return cause.issues.slice(0, 5).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

/** A dump that was sent to S3. */
export interface UploadedDump {
  bytes: number;
  /** Of the bytes that were sent, in hexadecimal. */
  sha256: string;
}

/** The run that created a dump: a sync, or a restore of the dump with a key. */
type MadeBy = { direction: DirectionName } | { restored: string };

/** The fields that all manifests share. */
export function manifestBase(
  run: MadeBy & { createdBy: string; clientVersion: string },
  key: string,
  { bytes, sha256 }: UploadedDump,
) {
  return {
    version: manifestVersion,
    key,
    bytes,
    sha256,
    createdAt: new Date().toISOString(),
    ...run,
  } as const;
}

/** The mark of a database as a field of a manifest. */
export function marked(mark: CopyMark | undefined): { mark?: NonNullable<Manifest["database"]["mark"]> } {
  return mark === undefined ? {} : { mark };
}

/** Why a dump is one of a changed copy, as a phrase that follows its name; null if it is not. */
export function describeChangedCopy({ database: { mark } }: Manifest): string | null {
  return mark === undefined ? null : describeMark(mark);
}
