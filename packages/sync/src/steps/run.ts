/** A sync from the dump to the manifest. Reads as the list of its steps; each is a file in `steps/`. */
import { setMaxListeners } from "node:events";
import type { CommandContext } from "@pilot-light/core/cli/command";
import { OpsError, messageOf } from "@pilot-light/core/ops-error";
import { formatBytes, formatDuration } from "@pilot-light/core/output/format";
import { libpqEnvironment } from "@pilot-light/core/postgres/libpq";
import type { Dump } from "../copy/dump.ts";
import { describeRun, type StepContext, type SyncJob, type SyncResult } from "../job.ts";
import { dropDatabase } from "../target/maintenance.ts";
import { manifestBase } from "../archive/manifest.ts";
import { judgeRows } from "../plan/row-loss.ts";
import { settleAll } from "@pilot-light/core/async/settle";
import { backUpTarget } from "./back-up-target.ts";
import { carrySettings } from "./carry-settings.ts";
import { dumpSource, type DumpedSource } from "./dump-source.ts";
import { restoreBeside } from "./restore-staging.ts";
import { verifyStaging } from "./verify-staging.ts";
import { swap, type Swapped } from "../target/swap.ts";
import { UndoList } from "@pilot-light/core/async/undo-list";

/**
 * Runs a sync. Until the swap the target is untouched, and whatever fails is undone; after it nothing is.
 * @throws OpsError of any class
 */
export async function runSync(job: SyncJob, command: CommandContext): Promise<SyncResult> {
  const { printer, environment } = command;
  const undo = new UndoList();
  const durations: Record<string, number> = {};
  const timed = async <T>(name: string, work: () => Promise<T>) => {
    const start = performance.now();
    const result = await work();
    durations[name] = Math.round(performance.now() - start);
    return result;
  };
  const libpq = {
    source: await libpqEnvironment(job.source, job.workDirectory, environment),
    target: await libpqEnvironment(job.target, job.workDirectory, environment),
  };
  const background = new Background(command.signal);
  const context: StepContext = {
    ...command,
    signal: background.signal,
    job,
    undo,
    libpq,
    together: (part) => background.start(part),
  };
  try {
    const { backupKey } = job;
    const backup = background.start(
      backupKey === null
        ? Promise.resolve(undefined)
        : timed("backup", () => backUpTarget(backupKey, context)),
    );
    const dumped = await timed("dump", () => dumpSource(context));
    assertStillPlausible(dumped, job);
    const archive = background.start(timed("archive", () => putArchive(dumped.dump, context)));
    await timed("restore", () => restoreBeside(dumped.dump, context));
    await timed("verify", () => verifyStaging(dumped, context));
    const backupDump = await printer.step("archive", async () => {
      const [made] = await settleAll([backup, archive]);
      const also = made === undefined ? "" : `, and the target's own, ${formatBytes(made.bytes)}`;
      return {
        value: made,
        summary: `dump in S3, ${formatBytes(dumped.dump.bytes)}${also} (uploaded while restoring)`,
        timed: false,
      };
    });
    await timed("settings", () => carrySettings(dumped, context));
    context.signal.throwIfAborted();
    const swapped = await timed("swap", () => exchange(context));
    undo.keep();
    await putManifest(dumped, durations, context);
    const warnings = await dropFormers(job);
    return summarize(dumped, { backupDump, swapped, durations, warnings });
  } catch (error) {
    // The target is no longer as it was, or nobody knows: whatever is there may be needed.
    const changed = error instanceof OpsError && (error.state === "changed" || error.state === "unknown");
    if (changed) undo.keep();
    await background.stop(error);
    await undo.run(printer);
    throw changed ? error : background.signal.reason;
  }
}

/** Parts that run beside the steps. The first of them to fail ends everything else, as an interruption does. */
class Background {
  readonly signal: AbortSignal;
  readonly #failing = new AbortController();
  readonly #parts: Promise<unknown>[] = [];

  constructor(interruption: AbortSignal) {
    this.signal = AbortSignal.any([interruption, this.#failing.signal]);
    setMaxListeners(0, this.signal);
  }

  start<T>(part: Promise<T>): Promise<T> {
    part.catch((error: unknown) => this.#failing.abort(error));
    this.#parts.push(part);
    return part;
  }

  /** Ends what still runs; `signal.reason` is then the first error of all. */
  async stop(error: unknown): Promise<void> {
    this.#failing.abort(error);
    await Promise.allSettled(this.#parts);
  }
}

async function putArchive(dump: Dump, { job, signal, undo }: StepContext): Promise<void> {
  const { archiveKey, store } = job;
  undo.add(`the dump ${store.uri(archiveKey)}`, () => store.remove(archiveKey));
  await store.putFile(archiveKey, dump.file, signal);
}

/** What the plan was agreed to for may have changed while it was looked at: the snapshot is what counts. */
function assertStillPlausible(
  { inventory }: DumpedSource,
  { direction, options, targetRows }: SyncJob,
): void {
  const rows = new Map([...inventory.tables].map(([identity, { rows: count }]) => [identity, count]));
  const refusal = judgeRows(direction, rows, targetRows, options);
  if (refusal !== undefined) throw refusal;
}

async function exchange({ printer, job, signal }: StepContext): Promise<Swapped> {
  const { maintenance, reopen, staging, stamp, target } = job;
  return await printer.step("swap", async () => {
    const swapped = await swap(
      maintenance,
      { live: target.database, incoming: staging, becomes: "replaced", stamp, reopen },
      signal,
    );
    const summary = `${target.database} was unavailable for ${formatDuration(swapped.unavailable)}`;
    return { value: swapped, summary };
  });
}

/** Keeps one replaced target for `sync undo`, the one that was just exchanged; and all that no dump was made of. */
async function dropFormers({ maintenance, formers }: SyncJob): Promise<string[]> {
  const warnings: string[] = [];
  for (const name of formers) {
    await dropDatabase(maintenance, name).catch((error: unknown) => {
      warnings.push(`the former target ${name} could not be dropped: ${messageOf(error)}`);
    });
  }
  return warnings;
}

async function putManifest(
  { dump, inventory, snapshot }: DumpedSource,
  durations: SyncResult["durations"],
  { job }: StepContext,
): Promise<void> {
  const { archiveKey, direction, options, source, store, target, versions } = job;
  const manifest = {
    ...manifestBase(describeRun(job), archiveKey, dump),
    kind: "archive" as const,
    database: {
      system: direction.source,
      host: source.host,
      name: source.database,
      serverVersion: versions.source,
    },
    target: { system: direction.target, host: target.host, name: target.database },
    verified: {
      depth: options.verify,
      snapshot,
      tables: Object.fromEntries(inventory.tables),
      largeObjects: inventory.largeObjects,
      sequences: inventory.sequences,
      schemaObjects: inventory.objects.length,
    },
    durations,
  };
  await store.putManifest(archiveKey, manifest).catch((cause: unknown) => {
    const message = `${target.database} is replaced and verified, but the manifest of ${store.uri(archiveKey)} could not be written.`;
    throw new OpsError("aws", "MANIFEST_FAILED", message, {
      hint: "The sync itself is done. Its dump does not count without a manifest: sync again to have one.",
      state: "changed",
      cause,
    });
  });
}

function summarize(
  { dump, inventory }: DumpedSource,
  rest: {
    backupDump: Dump | undefined;
    swapped: Swapped;
    durations: SyncResult["durations"];
    warnings: string[];
  },
): SyncResult {
  return {
    tables: inventory.tables.size,
    rows: [...inventory.tables.values()].reduce((sum, { rows }) => sum + rows, 0),
    sequences: inventory.sequences.length,
    schemaObjects: inventory.objects.length,
    archiveBytes: dump.bytes,
    backupBytes: rest.backupDump?.bytes ?? null,
    sha256: dump.sha256,
    unavailable: Math.round(rest.swapped.unavailable),
    previous: rest.swapped.former,
    durations: rest.durations,
    warnings: rest.warnings,
  };
}
