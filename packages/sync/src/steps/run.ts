/** A sync from the dump to the manifest, as the list of its steps. Each step is a file of this folder. */
import { UndoList } from "@pilot-light/core/async/undo-list";
import { combine } from "@pilot-light/core/async/settle";
import type { CommandContext } from "@pilot-light/core/cli/command";
import { OpsError, messageOf, withState } from "@pilot-light/core/ops-error";
import { formatBytes } from "@pilot-light/core/output/format";
import { libpqEnvironment } from "@pilot-light/core/postgres/libpq";
import type { UploadedDump } from "../archive/manifest.ts";
import type { SyncResult } from "../documents.ts";
import type { StepContext, SyncJob } from "../job.ts";
import { checkRows } from "../plan/rules/index.ts";
import { dropDatabase } from "../target/maintenance.ts";
import type { Replaced, SwapResult } from "../target/swap.ts";
import { finishUploads, uploadArchive, type UploadedDumps } from "./archive-dump.ts";
import { backUpTarget } from "./back-up-target.ts";
import { Background } from "./background.ts";
import { carrySettings } from "./carry-settings.ts";
import { dumpSource, type DumpedSource } from "./dump-source.ts";
import { restoreStaging } from "./restore-staging.ts";
import { swapTarget } from "./swap-target.ts";
import { verifyStaging } from "./verify-staging.ts";
import { writeManifest } from "./write-manifest.ts";

/** The state that an error after the swap leaves. */
const stateAfter = { replaced: "changed", unknown: "unknown" } as const;

/**
 * Runs a sync. Until the swap the target is unchanged, and a failure removes what the steps have created. From the swap on nothing is
 * removed.
 * @throws OpsError of any class; its state is what became of the target
 */
export async function runSync(job: SyncJob, command: CommandContext): Promise<SyncResult> {
  const background = new Background(command.signal);
  const context = await stepContext(job, command, background);
  const durationsMs: Record<string, number> = {};
  const timed = async <T>(name: string, work: () => Promise<T>) => {
    const start = performance.now();
    const result = await work();
    durationsMs[name] = Math.round(performance.now() - start);
    return result;
  };
  let target: SwapResult["target"] = "unchanged";
  const { log } = command.printer;
  const describeDump = ({ bytes }: UploadedDump) => `${formatBytes(bytes)} in S3`;
  try {
    const { backupKey } = job;
    const backup = background.start(
      backupKey === null
        ? Promise.resolve(undefined)
        : timed("backup", () => log.timed("backup", () => backUpTarget(backupKey, context), describeDump)),
    );
    const dumped = await timed("dump", () => dumpSource(context));
    checkRowsAgain(dumped, job);
    const archive = background.start(
      timed("archive", () => log.timed("archive", () => uploadArchive(dumped.dump, context), describeDump)),
    );
    await timed("restore", () => restoreStaging(dumped, context));
    const losses = await timed("verify", () => verifyStaging(dumped, context));
    const stored = await finishUploads({ archive, backup }, context);
    await timed("settings", () => carrySettings(dumped, context));
    context.signal.throwIfAborted();
    const swapped = await timed("swap", () => swapTarget(context));
    ({ target } = swapped);
    if (swapped.target !== "replaced") throw swapped.error;
    await writeManifest(dumped, stored.archive, durationsMs, context);
    const warnings = [...losses, ...(await dropPrevious(job))];
    return summarize(dumped, { stored, swapped, durationsMs, warnings });
  } catch (error) {
    await background.stop(error);
    // Once the target may have changed, everything that exists may be needed.
    if (target !== "unchanged") throw withState(error, stateAfter[target]);
    job.maintenance.hurry();
    const left = await context.undo.run(command.printer, command.signal);
    throw withState(withDetails(background.signal.reason, left), "target-unchanged");
  }
}

/** The error, with what could not be removed. */
function withDetails(error: unknown, details: readonly string[]): unknown {
  if (!(error instanceof OpsError) || details.length === 0) return error;
  return error.with({ details: [...error.details, ...details] });
}

async function stepContext(
  job: SyncJob,
  command: CommandContext,
  background: Background,
): Promise<StepContext> {
  const { environment } = command;
  return {
    ...command,
    signal: background.signal,
    job,
    undo: new UndoList(),
    libpq: {
      source: await libpqEnvironment(job.source, job.workDirectory, environment),
      target: await libpqEnvironment(job.target, job.workDirectory, environment),
    },
    together: (part) => background.start(part),
  };
}

/** The rows may have changed after the plan was shown: those of the snapshot decide. */
function checkRowsAgain({ inventory }: DumpedSource, { direction, options, targetRows }: SyncJob): void {
  const sourceRows = new Map([...inventory.tables].map(([identity, { rows }]) => [identity, rows]));
  const { refusals } = checkRows({ direction, sourceRows, targetRows }, options);
  if (refusals.length > 0) throw combine(refusals);
}

/** Drops the previous targets, except the one that this sync replaced, which `sync undo` needs, and those without a dump. */
async function dropPrevious({ maintenance, droppable }: SyncJob): Promise<string[]> {
  const warnings: string[] = [];
  for (const name of droppable) {
    await dropDatabase(maintenance, name).catch((error: unknown) => {
      warnings.push(`could not drop the previous target ${name}: ${messageOf(error)}`);
    });
  }
  return warnings;
}

function summarize(
  { inventory, sequences }: DumpedSource,
  rest: Pick<SyncResult, "durationsMs" | "warnings"> & { stored: UploadedDumps; swapped: Replaced },
): SyncResult {
  return {
    tables: inventory.tables.size,
    rows: [...inventory.tables.values()].reduce((sum, { rows }) => sum + rows, 0),
    sequences: sequences.length,
    schemaObjects: inventory.objects.length,
    verified: [...inventory.tables]
      .map(([table, { rows, hash = null }]) => ({
        table,
        rows,
        bytes: inventory.sizes.get(table) ?? 0,
        hash: hash?.replace(/^records:/, "") ?? null,
      }))
      .sort((a, b) => (a.table < b.table ? -1 : 1)),
    archiveBytes: rest.stored.archive.bytes,
    backupBytes: rest.stored.backup?.bytes ?? null,
    sha256: rest.stored.archive.sha256,
    unavailableMs: Math.round(rest.swapped.unavailableMs),
    previous: rest.swapped.previous,
    durationsMs: rest.durationsMs,
    warnings: rest.warnings,
  };
}
