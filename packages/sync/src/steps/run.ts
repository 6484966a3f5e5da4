/** A sync from the dump to the manifest, as the list of its steps. Each step is a file of this folder. */
import { CleanUp } from "@pilot-light/core/async/clean-up";
import { combine } from "@pilot-light/core/async/settle";
import type { CommandContext } from "@pilot-light/core/cli/command";
import { OpsError, messageOf, withState } from "@pilot-light/core/ops-error";
import { splitHash } from "@pilot-light/core/inventory/row-hash";
import { formatBytes } from "@pilot-light/core/output/format";
import { libpqEnvironment } from "@pilot-light/core/postgres/libpq";
import type { Manifest, UploadedDump } from "../archive/manifest.ts";
import type { DatabaseContent } from "../copy/equality.ts";
import type { SyncResult } from "../documents.ts";
import type { StepContext, SyncJob } from "../job.ts";
import { checkRows } from "../plan/rules/index.ts";
import { dropDatabase } from "../target/maintenance.ts";
import type { Replaced, SwapResult } from "../target/swap.ts";
import { uploadArchive, type UploadedDumps } from "./archive-dump.ts";
import { backUpTarget, type TargetBackup } from "./back-up-target.ts";
import { Background } from "./background.ts";
import type { Changed } from "./change-staging.ts";
import { createRestorePoint } from "./create-restore-point.ts";
import { dumpSource } from "./dump-source.ts";
import type { EarlyDump } from "./early-dump.ts";
import { Rehearsal } from "./rehearsal.ts";
import { replaceInPlace } from "./replace-in-place.ts";
import { readTargetWrites, warnOfWrites } from "./late-writes.ts";
import { replaceStaged, type ReplaceParts, type Timed } from "./replace-staged.ts";
import type { LoadedSource } from "./loaded-source.ts";
import { openSource } from "./open-source.ts";
import { draftManifest, writeDraft, writeManifest } from "./write-manifest.ts";

/** The state that an error after the swap leaves. */
const stateAfter = { replaced: "changed", unknown: "unknown" } as const;

/**
 * Runs a sync. Until the swap the target is unchanged, and a failure removes what the steps have created. From the swap on, a failure removes
 * nothing.
 * @param begun a dump of the source, if one has begun
 * @throws OpsError of any class; its state tells what happened to the target
 */
export async function runSync(job: SyncJob, command: CommandContext, begun?: EarlyDump): Promise<SyncResult> {
  const background = new Background(command.signal);
  const context = await stepContext(job, command, background);
  const durationsMs: Record<string, number> = {};
  const timed: Timed = async (name, work) => {
    const start = performance.now();
    const result = await work();
    durationsMs[name] = Math.round(performance.now() - start);
    return result;
  };
  let target: SwapResult["target"] = "unchanged";
  const replace = job.options.inPlace === true ? replaceInPlace : replaceStaged;
  try {
    const planned = job.restorePoint;
    const restorePoint =
      planned === undefined ? null : await timed("branch", () => createRestorePoint(planned, context));
    const early = job.options.dropPreviousFirst === true ? await dropPrevious(job) : [];
    const prepared = prepareTarget(context, background, timed);
    const { manifest, loaded } = await loadSource(begun, context, background, timed);
    const parts = {
      backup: prepared,
      check: (verified: DatabaseContent) => checkRowsAgain(verified, job),
      timed,
    };
    const { changed, lateWrites, losses, sizes, stored, swapped, verified } = await replace(
      loaded,
      context,
      parts,
    );
    ({ target } = swapped);
    if (swapped.target !== "replaced") throw swapped.error;
    if (manifest !== undefined) {
      await writeManifest(await manifest, { restorePoint, changed, swapped, durationsMs }, context);
    }
    const late = warnOfWrites(lateWrites, swapped.previous, job.target.system);
    const warnings = [...losses, ...late, ...early, ...(await dropPrevious(job))];
    return summarize(verified, { sizes, stored, restorePoint, changed, swapped, durationsMs, warnings });
  } catch (error) {
    await background.stop(error);
    // Once the target may have changed, a person may need everything that the steps have created.
    if (target !== "unchanged") throw withState(error, stateAfter[target]);
    job.maintenance.hurry();
    const left = await context.cleanUp.run(command.printer, command.signal);
    throw withState(withDetails(background.signal.reason, left), "target-unchanged");
  }
}

const describeBackup = ({ bytes, sameAs }: TargetBackup) =>
  `${formatBytes(bytes)} in S3${sameAs === undefined ? "" : `, the same as ${sameAs}, which the target still equals`}`;

const describeDump = ({ bytes }: UploadedDump) => `${formatBytes(bytes)} in S3`;

/** Begins the dump of the target in parallel with the other steps. In place, another step dumps the target, under the locks of the transaction. */
function prepareTarget(context: StepContext, background: Background, timed: Timed): ReplaceParts["backup"] {
  const { backupKey, options } = context.job;
  if (backupKey === null || options.inPlace === true) return Promise.resolve(undefined);
  const { log } = context.printer;
  const backUp = async () => {
    const writes = await readTargetWrites(context);
    return { ...(await backUpTarget(backupKey, context)), writes };
  };
  return background.start(timed("backup", () => log.timed("backup", backUp, describeBackup)));
}

/** A source whose rows are being loaded. */
interface Loading {
  loaded: LoadedSource;
  /** The manifest that the dump will get; undefined for a restore, whose dump has one. */
  manifest: Promise<Manifest> | undefined;
}

/** Dumps the source and begins the upload, or opens the dump of a restore. */
async function loadSource(
  begun: EarlyDump | undefined,
  context: StepContext,
  background: Background,
  timed: Timed,
): Promise<Loading> {
  const { job } = context;
  const { source } = job;
  if (source.kind === "dump") {
    const manifest = source.resumes === undefined ? undefined : Promise.resolve(source.dump.manifest);
    return { manifest, loaded: await openSource(source.dump, context) };
  }
  const dumped = await timed("dump", () => dumpSource(source.endpoint, begun, context));
  checkRowsAgain(dumped, job);
  const upload = () => uploadArchive(dumped.dump, dumped.loading, context);
  const stored = background.start(
    timed("archive", () => context.printer.log.timed("archive", upload, describeDump)),
  );
  const draft = async () => {
    const manifest = draftManifest(dumped, await stored, job);
    await writeDraft(manifest, context);
    return manifest;
  };
  const manifest = background.start(draft());
  // `stored` resolves after the draft is written. From then on, `--resume` can use the dump after a crash.
  return { manifest, loaded: { ...dumped, stored: background.start(manifest.then(() => stored)) } };
}

/** The error, with details about objects that could not be removed. */
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
    cleanUp: new CleanUp(),
    libpq: { target: await libpqEnvironment(job.target, job.workDirectory, environment) },
    rehearsal: new Rehearsal(),
    together: (part) => background.start(part),
  };
}

/** Checks the numbers of rows again: they may have changed after the plan. Those of the snapshot, or of the restored database, decide. */
function checkRowsAgain({ inventory }: Pick<DatabaseContent, "inventory">, job: SyncJob): void {
  const { direction, filter, incomplete, options, targetRows } = job;
  const sourceRows = new Map([...inventory.tables].map(([identity, { rows }]) => [identity, rows]));
  const { refusals } = checkRows(
    { direction, sourceRows, targetRows, filtered: filter, incomplete },
    options,
  );
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
  { inventory, sequences }: DatabaseContent,
  rest: Pick<SyncResult, "durationsMs" | "restorePoint" | "warnings"> & {
    stored: UploadedDumps;
    changed: Changed | undefined;
    swapped: Replaced;
    sizes: ReadonlyMap<string, number>;
  },
): SyncResult {
  return {
    tables: inventory.tables.size,
    rows: [...inventory.tables.values()].reduce((sum, { rows }) => sum + rows, 0),
    sequences: sequences.length,
    afterRestore:
      rest.changed === undefined
        ? null
        : { statements: rest.changed.statements, changedTables: rest.changed.tables },
    schemaObjects: inventory.objects.length,
    verified: [...inventory.tables]
      .map(([table, { rows, hash }]) => ({
        table,
        rows,
        bytes: rest.sizes.get(table) ?? 0,
        hash: hash === undefined ? null : splitHash(hash).sum,
      }))
      .sort((a, b) => (a.table < b.table ? -1 : 1)),
    archiveBytes: rest.stored.archive.bytes,
    backupBytes: rest.stored.backup?.bytes ?? null,
    sha256: rest.stored.archive.sha256,
    restorePoint: rest.restorePoint,
    unavailableMs: Math.round(rest.swapped.unavailableMs),
    previous: rest.swapped.previous,
    durationsMs: rest.durationsMs,
    warnings: rest.warnings,
  };
}
