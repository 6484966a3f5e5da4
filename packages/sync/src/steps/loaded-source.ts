/** The source as the steps after the dump see it: a database that was dumped a moment ago, or a dump in S3. */
import type { Archive } from "@pilot-light/core/inventory/archive";
import type { FingerprintReading, SequencePosition } from "@pilot-light/core/inventory/tables";
import type { Session } from "@pilot-light/core/postgres/session";
import type { UploadedDump } from "../archive/manifest.ts";
import type { Dump } from "../copy/dump.ts";
import type { DatabaseContent } from "../copy/equality.ts";
import type { RestoreListOptions } from "../copy/restore-list.ts";
import type { ConfigurationRelation } from "../read/extensions.ts";
import type { LoadProgress } from "./load-rows.ts";

/** A restored database, and the contents that it must have. */
export interface Comparison {
  expected: DatabaseContent;
  actual: DatabaseContent;
  /** Positions of the sequences after the dump: a busy source changes them during the dump. Empty for a dump in S3. */
  sequencesAfter: readonly SequencePosition[];
}

export interface LoadedSource {
  dump: Dump;
  archive: Archive;
  /** Configuration tables and sequences of the extensions that are copied. */
  relations: readonly ConfigurationRelation[];
  /** What the restore leaves out. */
  leftOut: RestoreListOptions;
  /** Resolves when all rows are in the staging database, to a session in it for the next statements; in place, to undefined. */
  loading: Promise<Session | undefined>;
  progress: LoadProgress;
  /** Objects of the source that PUBLIC may not use. */
  closed: ReadonlySet<string>;
  /** Whether the source has the schema public. */
  hasPublic: boolean;
  /** How the rows are read for the comparison. */
  reading: FingerprintReading;
  /** Pairs the contents of the restored database with the expected contents. */
  compare: (found: DatabaseContent) => Comparison;
  /** Resolves to the dump in S3 once it is complete. */
  stored: Promise<UploadedDump>;
}
