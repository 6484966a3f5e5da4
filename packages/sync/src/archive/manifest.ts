/** What is written beside a dump in S3 once it is whole: what it is, where it came from, and how to tell that it is intact. */
import type { Fingerprint, FingerprintDepth, SequencePosition } from "@pilot-light/core/inventory/tables";
import { OpsError } from "@pilot-light/core/ops-error";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import type { DirectionName } from "../direction.ts";
import type { Dump } from "../copy/dump.ts";
import { z } from "zod";

/** Version 1. All times UTC in ISO 8601, durations in milliseconds, sizes in bytes. Holds no user name and no password. */
export interface Manifest {
  version: 1;
  /** `archive`: the dump a sync restored and verified. `backup`: of a target, before it was replaced. */
  kind: "archive" | "backup";
  key: string;
  bytes: number;
  sha256: string;
  createdAt: string;
  /** ARN of who ran it. */
  createdBy: string;
  direction: DirectionName;
  /** The database that was dumped. */
  database: { system: DatabaseSystem; host: string; name: string; serverVersion: string };
  /** Present for archives: the database that it was restored to. */
  target?: { system: DatabaseSystem; host: string; name: string };
  clientVersion: string;
  /** Present for archives: what was verified, read in the snapshot the dump was made from. */
  verified?: {
    depth: FingerprintDepth;
    snapshot: string;
    tables: Readonly<Record<string, Fingerprint>>;
    largeObjects: Fingerprint;
    sequences: readonly SequencePosition[];
    schemaObjects: number;
  };
  durations: Readonly<Record<string, number>>;
}

const fingerprint = z.object({ rows: z.number(), hash: z.string().exactOptional() });
const place = z.object({ system: z.enum(["neon", "rds"]), host: z.string(), name: z.string() });

/** What is read of a manifest again. */
const readSchema = z.looseObject({
  version: z.literal(1),
  kind: z.enum(["archive", "backup"]),
  key: z.string(),
  createdAt: z.string(),
  direction: z.enum(["neon-to-rds", "rds-to-neon"]),
  database: place,
  target: place.exactOptional(),
  verified: z
    .object({
      depth: z.enum(["checksums", "counts"]),
      tables: z.record(z.string(), fingerprint),
      largeObjects: fingerprint,
    })
    .exactOptional(),
});

/** The part of a manifest that later runs work with. */
export type ReadManifest = z.infer<typeof readSchema>;

/**
 * Reads a manifest.
 * @param where its address, for the error
 * @throws OpsError MANIFEST_UNREADABLE (aws)
 */
export function parseManifest(text: string, where: string): ReadManifest {
  try {
    return readSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new OpsError("aws", "MANIFEST_UNREADABLE", `The manifest ${where} is not readable.`, {
      hint: "Was it written by another version? Look at it; without it nobody knows when both databases were equal.",
      cause,
    });
  }
}

/** The fields all manifests share. */
export function manifestBase(
  run: Pick<Manifest, "direction" | "createdBy" | "clientVersion">,
  key: string,
  { bytes, sha256 }: Dump,
): Omit<Manifest, "kind" | "database" | "durations"> {
  return { version: 1, key, bytes, sha256, createdAt: new Date().toISOString(), ...run };
}
