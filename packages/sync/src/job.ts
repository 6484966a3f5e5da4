/** What the steps of a sync work with. */
import type { UndoList } from "@pilot-light/core/async/undo-list";
import type { CommandContext } from "@pilot-light/core/cli/command";
import type { Environment } from "@pilot-light/core/config/env";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import type { ClientPrograms } from "@pilot-light/core/postgres/programs";
import type { Session } from "@pilot-light/core/postgres/session";
import type { DumpStore } from "./archive/dump-store.ts";
import type { Direction } from "./direction.ts";
import type { SyncOptions } from "./options.ts";
import type { DatabaseSetting } from "./read/database-facts.ts";
import type { RowCounts } from "./read/inventory.ts";

/** A sync that was planned and confirmed. */
export interface SyncJob {
  direction: Direction;
  options: SyncOptions;
  source: Endpoint;
  target: Endpoint;
  /** Session in the maintenance database of the target's server; holds the lock. */
  maintenance: Session;
  programs: ClientPrograms;
  store: DumpStore;
  /** ARN of the identity that runs the sync. */
  who: string;
  archiveKey: string;
  /** Null when the target is not dumped first. */
  backupKey: string | null;
  /** `YYYY-MM-DDTHH-MM-SS`, in keys and in names of databases. */
  stamp: string;
  /** Name of the new database until the swap. */
  staging: string;
  /** Previous targets that are dropped once the sync is done: earlier syncs dumped and replaced them. None that `sync undo` replaced. */
  droppable: readonly string[];
  /** Rows of the source's tables, as the plan showed them: for the progress only. */
  sourceRows: RowCounts;
  /** Sessions that read tables at the same time: the jobs that were asked for, or fewer where there is little to read. */
  readers: number;
  /** Size of each table of the source, by `nameOfRelation`. */
  sourceBytes: ReadonlyMap<string, number>;
  /** Milliseconds of a round trip to the target. */
  roundTripMs: number;
  /** Rows of the target's tables, as the plan showed them. */
  targetRows: RowCounts;
  /** Opens another maintenance session, in case `maintenance` is lost. */
  reopen: () => Promise<Session>;
  versions: { source: string; target: string; sameMajor: boolean };
  skippedExtensions: readonly string[];
  /** Settings of the target that the new database does not get: only an administrator may set them. */
  lostSettings: readonly DatabaseSetting[];
  workDirectory: string;
}

/** Who runs a sync, in which direction and with which programs, as its manifests record it. */
export function describeRun({ direction, programs, who }: SyncJob) {
  return { direction: direction.name, createdBy: who, clientVersion: programs.version };
}

/** What every step receives. */
export interface StepContext extends CommandContext {
  job: SyncJob;
  /** Aborted by an interruption and by the first step that fails. */
  signal: AbortSignal;
  /** How to remove what the steps have created, if the sync does not reach its swap. */
  undo: UndoList;
  /** Environments of libpq programs. */
  libpq: { source: Environment; target: Environment };
  /** For parts that run at the same time: if one of them fails, the others end. */
  together: <T>(part: Promise<T>) => Promise<T>;
}
