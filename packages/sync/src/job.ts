/** What a sync works with and what it says at its end. */
import type { CommandContext } from "@pilot-light/core/cli/command";
import type { Environment } from "@pilot-light/core/config/env";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import type { ClientPrograms } from "@pilot-light/core/postgres/programs";
import type { Session } from "@pilot-light/core/postgres/session";
import type { Direction } from "./direction.ts";
import type { DumpStore } from "./archive/dump-store.ts";
import type { RowCounts } from "./read/inventory.ts";
import type { SyncOptions } from "./options.ts";
import type { UndoList } from "@pilot-light/core/async/undo-list";

/** A sync that was planned and agreed to. */
export interface SyncJob {
  direction: Direction;
  options: SyncOptions;
  source: Endpoint;
  target: Endpoint;
  /** Session in the target's maintenance database; holds the lock. */
  maintenance: Session;
  programs: ClientPrograms;
  store: DumpStore;
  /** ARN of who runs it. */
  who: string;
  archiveKey: string;
  /** Null when the target is not dumped first. */
  backupKey: string | null;
  /** `YYYY-MM-DDTHH-MM-SS`, in keys and in names beside the target. */
  stamp: string;
  /** Name of the new database until the swap. */
  staging: string;
  /** Targets that earlier syncs dumped and replaced, dropped once this one is done. Never one that `sync undo` put aside. */
  formers: readonly string[];
  /** Rows of the target's tables, as the plan showed them. */
  targetRows: RowCounts;
  /** Opens another session beside the target, should `maintenance` be lost. */
  reopen: () => Promise<Session>;
  versions: { source: string; target: string; sameMajor: boolean };
  skippedExtensions: readonly string[];
  workDirectory: string;
}

/** Who runs a sync, in which direction and with which programs, as its manifests record it. */
export function describeRun({ direction, programs, who }: SyncJob) {
  return { direction: direction.name, createdBy: who, clientVersion: programs.version };
}

/** What every step gets. */
export interface StepContext extends CommandContext {
  job: SyncJob;
  /** Aborted by an interruption and by the first step that fails. */
  signal: AbortSignal;
  /** How to remove what was made, should the sync not reach its swap. */
  undo: UndoList;
  /** Environments of libpq programs. */
  libpq: { source: Environment; target: Environment };
  /** Makes a failure of one of several parts that run at the same time end the others. */
  together: <T>(part: Promise<T>) => Promise<T>;
}

/** What a finished sync says about itself. Sizes in bytes, durations in milliseconds. */
export interface SyncResult {
  tables: number;
  rows: number;
  sequences: number;
  schemaObjects: number;
  archiveBytes: number;
  backupBytes: number | null;
  sha256: string;
  /** How long the target could not be entered. */
  unavailable: number;
  /** The former target's name now. */
  previous: string;
  durations: Readonly<Record<string, number>>;
  warnings: readonly string[];
}
