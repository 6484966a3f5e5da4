/** The data that the steps of a sync or a restore work with. */
import type { CleanUp } from "@pilot-light/core/async/clean-up";
import type { CommandContext } from "@pilot-light/core/cli/command";
import type { Environment } from "@pilot-light/core/config/env";
import type { NeonBranch, NeonProject } from "@pilot-light/core/neon/neon-project";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import type { ClientPrograms } from "@pilot-light/core/postgres/programs";
import type { Session } from "@pilot-light/core/postgres/session";
import type { DumpStore } from "./archive/dump-store.ts";
import type { OpenedDump } from "./archive/opened-dump.ts";
import type { Direction, DirectionName } from "./direction.ts";
import type { SyncOptions } from "./options.ts";
import type { CopyMark } from "./read/copy-mark.ts";
import type { DatabaseFacts, DatabaseSetting } from "./read/database-facts.ts";
import type { IncompleteSource } from "./plan/rules/rule.ts";
import type { Filter } from "./read/filter.ts";
import type { RowCounts } from "./read/inventory.ts";
import type { Line } from "./read/line.ts";

/** Where the rows come from: a database that the sync dumps, or a dump in S3. */
export type Source =
  | { kind: "database"; endpoint: Endpoint; direction: DirectionName }
  | {
      kind: "dump";
      dump: OpenedDump;
      /** The direction of the interrupted sync that left the dump; undefined for a restore. */
      resumes: DirectionName | undefined;
    };

/** A branch of Neon to create: the state of the target before the sync. */
export interface RestorePoint {
  project: NeonProject;
  parent: NeonBranch;
  name: string;
  keepDays: number;
}

/** A sync or a restore that was planned and confirmed. */
export interface SyncJob {
  direction: Direction;
  options: SyncOptions;
  source: Source;
  target: Endpoint;
  /** Session in the maintenance database of the target's server; holds the lock. */
  maintenance: Session;
  programs: ClientPrograms;
  store: DumpStore;
  /** ARN of the identity that runs the sync. */
  who: string;
  /** S3 key of the dump of the source. A restore does not write it. */
  archiveKey: string;
  /** Null when the target is not dumped first. */
  backupKey: string | null;
  /** The branch of Neon that is created before anything is written. */
  restorePoint: RestorePoint | undefined;
  /** `YYYY-MM-DDTHH-MM-SS`, in keys and in names of databases. */
  stamp: string;
  /** Name of the new database until the swap. */
  staging: string;
  /** Previous targets that the sync drops at its end. Earlier syncs dumped and replaced them; `sync undo` replaced none of them. */
  droppable: readonly string[];
  /** Rows of the source's tables, as the plan showed them: for the progress only. */
  sourceRows: RowCounts;
  /** Sessions that read tables at the same time: the given jobs, or fewer if there is little to read. */
  readers: number;
  /** Size of each table of the source, by `nameOfRelation`. */
  sourceBytes: ReadonlyMap<string, number>;
  /** The line to the target. */
  line: Line;
  /** Whether the target's server has a connection for the rehearsal of pg_dump, which works beside the jobs. */
  mayRehearse: boolean;
  /** Rows of the target's tables, as the plan showed them. */
  targetRows: RowCounts;
  /** Opens another maintenance session, in case `maintenance` is lost. */
  reopen: () => Promise<Session>;
  /** Facts of both databases for the manifests. */
  facts: Record<
    "source" | "target",
    Pick<DatabaseFacts, "encoding" | "inPlace" | "notDumped" | "oid" | "oldestRelations" | "owns">
  >;
  versions: { source: string; target: string; sameMajor: boolean };
  skippedExtensions: readonly string[];
  /** Settings of the target that the new database does not get, because only an administrator may set them. */
  lostSettings: readonly DatabaseSetting[];
  /** Undefined if everything is copied. */
  filter: Filter | undefined;
  /** What the source lacks because of a filter; undefined if it is complete. */
  incomplete: IncompleteSource | undefined;
  /** Why the dump is a dump of a changed copy; undefined if it is not. */
  dumpMark: CopyMark | undefined;
  /** Why the new database is a changed copy; undefined if it is not. */
  mark: CopyMark | undefined;
  /** Why the target is a changed copy at the beginning. */
  markBefore: CopyMark | undefined;
  /** OIDs of the databases at the beginning. */
  oids: { source: number; target: number };
  workDirectory: string;
}

/** The fields of a manifest that describe the run: who ran it, the direction or the restored dump, and the version of the programs. */
export function describeRun({ programs, source, who }: SyncJob) {
  const shared = { createdBy: who, clientVersion: programs.version };
  if (source.kind === "database") return { direction: source.direction, ...shared };
  const { dump, resumes } = source;
  return resumes === undefined ? { restored: dump.key, ...shared } : { direction: resumes, ...shared };
}

/** A dump of the staging database, and its rehearsal, as steps/rehearsal.ts describes it. */
export interface Rehearsing {
  begin: (context: StepContext) => void;
  end: () => Promise<void>;
  replayed: <T>(dump: (environment: Environment) => Promise<T>, context: StepContext) => Promise<T>;
}

/** What every step receives. */
export interface StepContext extends CommandContext {
  job: SyncJob;
  /** Aborted by an interruption and by the first step that fails. */
  signal: AbortSignal;
  /** How to remove what the steps have created, if the sync does not reach its swap. */
  cleanUp: CleanUp;
  /** Environment of libpq programs that connect to the target. */
  libpq: { target: Environment };
  /** Of the dump of the staging database. */
  rehearsal: Rehearsing;
  /** For parts that run at the same time: if one of them fails, the others end. */
  together: <T>(part: Promise<T>) => Promise<T>;
}
