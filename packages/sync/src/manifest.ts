/** What is written beside a dump in S3 once it is whole: what it is, where it came from, and how to tell that it is intact. */
import type { Fingerprint, FingerprintDepth, SequencePosition } from "@pilot-light/core/inventory/tables";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import type { DirectionName } from "./direction.ts";
import type { Dump } from "./dump.ts";
import type { SyncJob } from "./job.ts";

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

/** The fields all manifests share. */
export function manifestBase(
  { direction, programs, who }: SyncJob,
  key: string,
  { bytes, sha256 }: Dump,
): Omit<Manifest, "kind" | "database" | "durations"> {
  return {
    version: 1,
    key,
    bytes,
    sha256,
    createdAt: new Date().toISOString(),
    createdBy: who,
    direction: direction.name,
    clientVersion: programs.version,
  };
}
