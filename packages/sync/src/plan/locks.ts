/** The locks of a sync: the target is locked exclusively and the source shared, each by a maintenance session. */
import { acquireAll, settleAll } from "@pilot-light/core/async/settle";
import type { CommandContext } from "@pilot-light/core/cli/command";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import type { Session } from "@pilot-light/core/postgres/session";
import { sameDatabase } from "../errors.ts";
import { sessionOptions, withFreshPassword } from "../read/connect.ts";
import { isSameDatabase } from "../read/database-facts.ts";
import type { Resolved, ResolvedTarget } from "../resolve.ts";
import { lock, openMaintenance, unlock } from "../target/maintenance.ts";
import { needsRepair, readTargetState, repair, type TargetState } from "../target/target-state.ts";
import { stating } from "./resulting-state.ts";

/** The maintenance sessions of both sides, open until they are disposed of, and the locks that they hold. */
export class Locks implements AsyncDisposable {
  /** The maintenance session of the target. */
  readonly maintenance: Session;
  /** The databases that earlier syncs left on the target's server, read after a repair. */
  readonly state: TargetState;
  /** Whether an interrupted sync was repaired. If not, nothing was written. */
  readonly repaired: boolean;
  readonly #source: Session | undefined;

  constructor(maintenance: Session, source: Session | undefined, state: TargetState, repaired: boolean) {
    this.maintenance = maintenance;
    this.#source = source;
    this.state = state;
    this.repaired = repaired;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.maintenance[Symbol.asyncDispose](), this.#source?.[Symbol.asyncDispose]()]);
  }
}

/**
 * Locks the target exclusively and the source shared: the opposite sync must not replace the database that this one reads. Then repairs
 * the target and the source if a killed run left them closed or without their names.
 * @throws OpsError SYNC_RUNNING, SAME_DATABASE, TARGET_UNCLEAR (precondition), errors of a connection (source or target)
 */
export async function takeLocks(resolved: Resolved, context: CommandContext): Promise<Locks> {
  const { source, target } = resolved;
  return await openBoth(resolved, context, async (maintenance, reading) => {
    if (source.database === target.database && (await isSameDatabase(reading, maintenance))) {
      throw sameDatabase(source);
    }
    await settleAll([lock(maintenance, target.database, "target"), lock(reading, source.database, "source")]);
    const [sourceState, state] = await readStates(resolved, maintenance, reading);
    await repairSource(reading, source.database, sourceState, context);
    return await repairTarget(maintenance, reading, target.database, state, context);
  });
}

/**
 * Locks the target of a restore, which has no source to lock. Repairs a target that a killed run left.
 * @throws OpsError SYNC_RUNNING, TARGET_UNCLEAR (precondition), errors of the connection (target)
 */
export async function lockTarget(
  { target, rereadSecret }: ResolvedTarget,
  context: CommandContext,
): Promise<Locks> {
  const maintenance = await openMaintenanceOf(target, rereadSecret, "target", context);
  return await closingOnError([maintenance], async () => {
    await lock(maintenance, target.database, "target");
    const state = await readTargetState(maintenance, target.database);
    return await repairTarget(maintenance, undefined, target.database, state, context);
  });
}

/** Reads the states of the source and of the target. */
async function readStates({ source, target }: Resolved, maintenance: Session, reading: Session) {
  return await settleAll([
    readTargetState(reading, source.database),
    readTargetState(maintenance, target.database),
  ]);
}

/** Repairs the target if necessary. Returns the locks with the state of the target after the repair. */
async function repairTarget(
  maintenance: Session,
  reading: Session | undefined,
  database: string,
  state: TargetState,
  { printer, signal }: CommandContext,
): Promise<Locks> {
  const repaired = await repair(maintenance, database, state);
  if (repaired === undefined) return new Locks(maintenance, reading, state, false);
  printer.warn(repaired);
  const after = await stating("target-unchanged", signal, () => readTargetState(maintenance, database));
  return new Locks(maintenance, reading, after, true);
}

/** Whether a sync or an undo was killed during its swap. */
function isRepairable({ kind }: TargetState): boolean {
  return kind === "closed" || kind === "nameless";
}

/**
 * Repairs a source that a killed run left closed or without its name: a sync to this database, or an undo. Like them, the repair locks the
 * database exclusively.
 */
async function repairSource(
  reading: Session,
  database: string,
  state: TargetState,
  { printer }: Pick<CommandContext, "printer">,
): Promise<void> {
  if (!isRepairable(state)) return;
  await lock(reading, database, "target");
  const repaired = await repair(reading, database, state);
  await unlock(reading, database);
  if (repaired !== undefined) printer.warn(repaired);
}

/**
 * The sessions of a sync without their locks, for a dry run: it uses as many connections as the sync, and repairs nothing.
 * @throws OpsError SYNC_INTERRUPTED, TARGET_UNCLEAR (precondition), errors of a connection (source or target)
 */
export async function openWithoutLocks(resolved: Resolved, context: CommandContext): Promise<Locks> {
  return await openBoth(resolved, context, async (maintenance, reading) => {
    const { source, target } = resolved;
    const [sourceState, state] = await readStates(resolved, maintenance, reading);
    const refusal =
      needsRepair(target, state) ??
      (isRepairable(sourceState) ? needsRepair(source, sourceState) : undefined);
    if (refusal !== undefined) throw refusal;
    return new Locks(maintenance, reading, state, false);
  });
}

/**
 * The session of a restore without its lock, for a dry run.
 * @throws OpsError SYNC_INTERRUPTED, TARGET_UNCLEAR (precondition), errors of the connection (target)
 */
export async function openTargetWithoutLock(
  { target, rereadSecret }: ResolvedTarget,
  context: CommandContext,
): Promise<Locks> {
  const maintenance = await openMaintenanceOf(target, rereadSecret, "target", context);
  return await closingOnError([maintenance], async () => {
    const state = await readTargetState(maintenance, target.database);
    const refusal = needsRepair(target, state);
    if (refusal !== undefined) throw refusal;
    return new Locks(maintenance, undefined, state, false);
  });
}

/** Opens the maintenance sessions of both sides; when `prepare` fails, closes them. */
async function openBoth(
  { source, target, rereadSecret }: Resolved,
  context: CommandContext,
  prepare: (maintenance: Session, reading: Session) => Promise<Locks>,
): Promise<Locks> {
  const opened = await acquireAll([
    openMaintenanceOf(target, rereadSecret, "target", context),
    openMaintenanceOf(source, rereadSecret, "source", context),
  ]);
  return await closingOnError(opened, () => prepare(...opened));
}

async function closingOnError(opened: readonly Session[], work: () => Promise<Locks>): Promise<Locks> {
  try {
    return await work();
  } catch (error) {
    await Promise.all(opened.map((session) => session[Symbol.asyncDispose]()));
    throw error;
  }
}

/** Opens a maintenance session on the server of one side. */
export async function openMaintenanceOf(
  endpoint: Endpoint,
  rereadSecret: Resolved["rereadSecret"],
  side: "source" | "target",
  { environment, printer, signal }: Pick<CommandContext, "environment" | "printer" | "signal">,
  outlivesSignal: "open" | "opening" = "open",
): Promise<Session> {
  const onWaiting = (reason: string) => printer.progress(`  waiting for ${endpoint.system}: ${reason}`);
  return await withFreshPassword(endpoint, rereadSecret, (candidate) =>
    openMaintenance(candidate, { ...sessionOptions(side, environment, signal), onWaiting, outlivesSignal }),
  );
}
