/** What the steps after the dump know of a source: a database that was dumped a moment ago, or a dump in S3. */
import type { Archive } from "@pilot-light/core/inventory/archive";
import type { FingerprintReading, SequencePosition } from "@pilot-light/core/inventory/tables";
import type { Session } from "@pilot-light/core/postgres/session";
import type { UploadedDump } from "../archive/manifest.ts";
import type { Dump } from "../copy/dump.ts";
import type { DatabaseContent } from "../copy/equality.ts";
import type { RestoreListOptions } from "../copy/restore-list.ts";
import type { ConfigurationRelation } from "../read/extensions.ts";
import type { LoadProgress } from "./load-staging.ts";

/** A restored database, and what it must be equal to. */
export interface Comparison {
  expected: DatabaseContent;
  actual: DatabaseContent;
  /** Of a busy source: positions after the dump. */
  sequencesAfter: readonly SequencePosition[];
}

export interface LoadedSource {
  dump: Dump;
  archive: Archive;
  /** Configuration tables and sequences of the extensions that are copied. */
  relations: readonly ConfigurationRelation[];
  /** What the restore leaves out. */
  leftOut: RestoreListOptions;
  /** Ends when all rows are in the staging database. A session in it, for the statements that follow; undefined in place. */
  loading: Promise<Session | undefined>;
  progress: LoadProgress;
  /** What PUBLIC may not use in the source. */
  closed: ReadonlySet<string>;
  /** Whether the source has the schema public. */
  hasPublic: boolean;
  /** How the rows are read to be compared. */
  reading: FingerprintReading;
  /** Compares what was found with what is expected. */
  compare: (found: DatabaseContent) => Comparison;
  /** The dump in S3, once it is complete. */
  stored: Promise<UploadedDump>;
}
