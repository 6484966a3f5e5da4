/**
 * Reverts the last sync: swaps the target with the previous target, which the sync kept. No dump of the replaced database exists,
 * so it gets a name that no sync drops. If the server has no previous target, Neon can restore a restore point. Takes and returns data, which
 * the command prints.
 */
import type { CommandContext } from "@pilot-light/core/cli/command";
import type { Endpoint, DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import type { Session, SessionOptions } from "@pilot-light/core/postgres/session";
import type { Undone, UndoPlan } from "./documents.ts";
import { nothingToUndo, undoInPlace } from "./errors.ts";
import type { ReachOptions } from "./options.ts";
import { stating } from "./plan/resulting-state.ts";
import { sessionOptions } from "./read/connect.ts";
import { splitComment } from "./read/copy-mark.ts";
import { resolveOne, withRoutes } from "./resolve.ts";
import { digits, replacedAt, type PreviousKind } from "./target/database-names.ts";
import { lock, openMaintenance } from "./target/maintenance.ts";
import { findRestorePoint, returnToRestorePoint, type PlannedReturn } from "./target/restore-point.ts";
import { swap } from "./target/swap.ts";
import {
  needsRepair,
  readTargetState,
  repair,
  unclear,
  undoneTargets,
  type TargetState,
} from "./target/target-state.ts";

export type UndoOptions = ReachOptions;

/** What an undo returns to: a previous target of the server, or else a restore point of Neon. */
export type PlannedUndo =
  | {
      plan: UndoPlan & { previous: string; previousBytes: number };
      /** OID of the target. */
      oid: number;
      /** How the previous target was replaced: by a sync or by an undo. */
      kind: PreviousKind;
    }
  | { plan: UndoPlan & { restorePoint: PlannedReturn["plan"] }; kind: "restore-point"; back: PlannedReturn };

/**
 * What an undo would do. Prints and writes nothing.
 * @throws OpsError NOTHING_TO_UNDO, SYNC_INTERRUPTED, TARGET_UNCLEAR, UNDO_IN_PLACE (precondition), NEON_* of Neon's API, errors of the
 *   connection (target)
 */
export async function previewUndo(
  system: DatabaseSystem,
  options: UndoOptions,
  context: CommandContext,
): Promise<PlannedUndo> {
  return await onTarget(system, options, context, async (target, sessions) => {
    await using maintenance = await openMaintenance(target, sessions);
    const state = await readTargetState(maintenance, target.database);
    const refusal = needsRepair(target, state);
    if (refusal !== undefined) throw refusal;
    return await planUndo(target, state, maintenance, { ...context, signal: sessions.signal });
  });
}

/** Runs `work` on the target. An error without a state gets the state `nothing-written`. */
async function onTarget<T>(
  system: DatabaseSystem,
  options: UndoOptions,
  context: CommandContext,
  work: (target: Endpoint, sessions: SessionOptions & { signal: AbortSignal }) => Promise<T>,
): Promise<T> {
  return await withRoutes(options, context, async (routes) => {
    const { endpoint, signal } = await stating("nothing-written", context.signal, () =>
      resolveOne(system, options.outputs, routes, context),
    );
    const sessions = { ...sessionOptions("target", context.environment, signal), signal };
    return await stating("nothing-written", signal, () => work(endpoint, sessions));
  });
}

/**
 * Swaps the database of a system with the previous one. A second undo reverts the first. After an interrupted sync or undo, it only repairs
 * the target: it is then as it was before the interrupted command.
 * @param confirm gets the plan under the lock; to cancel the undo, it throws
 * @throws OpsError NOTHING_TO_UNDO, SYNC_RUNNING, UNDO_IN_PLACE (precondition), SWAP_FAILED, SWAP_BROKEN (target); its state tells what
 *   happened to the target
 */
export async function performUndo(
  system: DatabaseSystem,
  options: UndoOptions,
  context: CommandContext,
  confirm: (planned: PlannedUndo) => Promise<void>,
): Promise<Undone> {
  return await onTarget(system, options, context, async (target, sessions) => {
    const { signal } = sessions;
    const reopen = () => openMaintenance(target, { ...sessions, outlivesSignal: "opening" });
    await using maintenance = await openMaintenance(target, sessions);
    const live = target.database;
    await lock(maintenance, live, "target");
    const state = await readTargetState(maintenance, live);
    const repaired = await repair(maintenance, live, state);
    if (repaired !== undefined) {
      const plan = { system, database: live, previous: null, previousBytes: null, restorePoint: null };
      return { plan, result: null, repaired };
    }
    const planned = await planUndo(target, state, maintenance, { ...context, signal });
    await confirm(planned);
    signal.throwIfAborted();
    if (planned.kind === "restore-point") {
      const { plan, back } = planned;
      await stating("target-unchanged", signal, () =>
        context.printer.step("branch", async (report) => {
          report(`Neon restores ${back.branch.name} to ${back.from.name}`);
          await returnToRestorePoint(target, back, sessions);
          return {
            value: undefined,
            summary: `${back.branch.name} has the state of ${back.from.name} again`,
          };
        }),
      );
      return { plan, result: null, repaired: null };
    }
    const stamp = await serverTime(maintenance);
    const { oid, plan } = planned;
    const request = { live, oid, incoming: plan.previous, becomes: "undone", stamp, reopen } as const;
    const swapped = await stating("target-unchanged", signal, async () => {
      const ended = await swap(maintenance, request, signal);
      if (ended.target !== "replaced") throw ended.error;
      return ended;
    });
    const result = { previous: swapped.previous ?? "", unavailableMs: Math.round(swapped.unavailableMs) };
    return { plan, result, repaired: null };
  });
}

async function planUndo(
  target: Endpoint,
  state: TargetState,
  maintenance: Session,
  context: CommandContext,
): Promise<PlannedUndo> {
  const { system, database } = target;
  const { previous } = state;
  const { comment } = await maintenance.one<{ comment: string | null }>(
    "select pg_catalog.shobj_description(oid, 'pg_database') as comment from pg_catalog.pg_database where datname = $1",
    [database],
  );
  const { inPlace } = splitComment(comment);
  const toRestorePoint = async (stamp?: string): Promise<PlannedUndo | undefined> => {
    const back = await findRestorePoint(target, context, new Date(), stamp);
    if (back === undefined) return undefined;
    const plan = { system, database, previous: null, previousBytes: null, restorePoint: back.plan };
    return { plan, kind: "restore-point", back };
  };
  // Unless it was replaced later, the previous target is of an earlier sync, and so is any other restore point.
  if (inPlace !== undefined && !(previous !== undefined && replacedAt(previous.name) > digits(inPlace.at))) {
    const planned = await toRestorePoint(inPlace.at);
    if (planned !== undefined) return planned;
    throw undoInPlace({ live: database, system, ...inPlace, previous: previous?.name });
  }
  if (previous === undefined) {
    if (state.kind === "recreated") throw unclear(database, state);
    const planned = await toRestorePoint();
    if (planned !== undefined) return planned;
    throw nothingToUndo({ live: database, system, undone: undoneTargets(state) });
  }
  const { name, kind, successor: oid } = previous;
  const previousBytes = await sizeOf(maintenance, name);
  return { plan: { system, database, previous: name, previousBytes, restorePoint: null }, kind, oid };
}

/** The time of the server, for the name of the undone database: names decide which undone database is newer, so all must use one clock. */
async function serverTime(maintenance: Session): Promise<string> {
  const { stamp } = await maintenance.one<{ stamp: string }>(
    "select pg_catalog.to_char(pg_catalog.clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as stamp",
  );
  return stamp;
}

async function sizeOf(maintenance: Session, database: string): Promise<number> {
  const { bytes } = await maintenance.one<{ bytes: string }>(
    "select pg_catalog.pg_database_size($1::name) as bytes",
    [database],
  );
  return Number(bytes);
}
