/** The steps of the staged method, from the restore to the swap: a staging database is filled and verified, and gets the name of the target. */
import { Ahead } from "@pilot-light/core/async/ahead";
import type { UploadedDump } from "../archive/manifest.ts";
import type { DatabaseContent } from "../copy/equality.ts";
import type { StepContext } from "../job.ts";
import type { SwapResult } from "../target/swap.ts";
import { finishUploads, type UploadedDumps } from "./archive-dump.ts";
import { carrySettings } from "./carry-settings.ts";
import { changeStaging, type Changed } from "./change-staging.ts";
import { writtenBetween, type Writes } from "./late-writes.ts";
import type { LoadedSource } from "./loaded-source.ts";
import { recordMark } from "./record-mark.ts";
import { isScripted, restoreStaging } from "./restore-staging.ts";
import { swapTarget } from "./swap-target.ts";
import { openReaders, verifyStaging, type Verified } from "./verify-staging.ts";

/** Measures a part of the sync. */
export type Timed = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/** What both modes get from the list of steps. */
export interface ReplaceParts {
  /** The dump of the target, which has begun already, and what was written to the target before the dump. */
  backup: Promise<(UploadedDump & { writes: Writes }) | undefined>;
  /** Checks the numbers of the verified rows again, and may throw: the manifest of a dump may not state its rows. */
  check: (verified: DatabaseContent) => void;
  timed: Timed;
}

/** The results of the steps, and what happened to the target. */
export interface Replacement extends Verified {
  changed: Changed | undefined;
  /** Tables of the target that got rows after its backup, from `writtenBetween`. */
  lateWrites: readonly string[];
  stored: UploadedDumps;
  swapped: SwapResult;
}

/** Replaces the target with a staging database. */
export async function replaceStaged(
  loaded: LoadedSource,
  context: StepContext,
  { backup, check, timed }: ReplaceParts,
): Promise<Replacement> {
  const openEarly = async (signal: AbortSignal) => {
    await loaded.loading;
    return await openReaders({ ...context, signal });
  };
  // The sessions that verify are opened while one script creates the indexes. pg_restore with several jobs needs the connections itself.
  await using early = isScripted(loaded, context.job) ? new Ahead(openEarly, context.signal) : undefined;
  await timed("restore", () => restoreStaging(loaded, context));
  const open = () => early?.take() ?? openReaders(context);
  const found = await timed("verify", () => verifyStaging(loaded, open, context));
  check(found.verified);
  const { script } = context.job.options;
  const changed = script && (await timed("script", () => changeStaging(script, found.verified, context)));
  const stored = await finishUploads({ archive: loaded.stored, backup }, context);
  const writes = await timed("settings", () => carrySettings(found.session, loaded, context));
  const lateWrites = writtenBetween((await backup)?.writes ?? writes, writes);
  await recordMark(context);
  context.signal.throwIfAborted();
  return { ...found, changed, lateWrites, stored, swapped: await timed("swap", () => swapTarget(context)) };
}
