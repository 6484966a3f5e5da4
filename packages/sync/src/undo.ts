/** Taking the last sync back: the former target, which was kept, changes names with the present one. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/command";
import { canAsk, confirmByName, confirmationNeeded } from "@pilot-light/core/confirm";
import { OpsError } from "@pilot-light/core/errors";
import { formatBytes, formatDuration } from "@pilot-light/core/format";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import type { Session } from "@pilot-light/core/postgres/session";
import { sessionOptions } from "./connect.ts";
import { timestamp } from "./direction.ts";
import { lock, openMaintenance } from "./maintenance.ts";
import { resolveOne } from "./resolve.ts";
import { swap } from "./swap.ts";
import { needsRepair, readTargetState, repair } from "./target-state.ts";

export interface UndoOptions {
  dryRun: boolean;
  yes: boolean;
  outputsFile?: string | undefined;
}

/**
 * Exchanges the database of a system with its former one. Done twice, it is as before.
 * @throws OpsError NOTHING_TO_UNDO, CONFIRMATION_NEEDED, NOT_CONFIRMED, SYNC_RUNNING (precondition), SWAP_FAILED (target)
 */
export async function undo(
  system: DatabaseSystem,
  options: UndoOptions,
  context: CommandContext,
): Promise<CommandOutcome> {
  const { console, environment, signal } = context;
  const { dryRun, yes, outputsFile } = options;
  const target = await resolveOne(system, outputsFile, context);
  if (!dryRun && !yes && !canAsk()) throw confirmationNeeded(`pnpm sync undo ${system}`);
  const reopen = () => openMaintenance(target, sessionOptions("target", environment));
  await using maintenance = await openMaintenance(target, sessionOptions("target", environment, signal));
  const live = target.database;
  if (!dryRun) await lock(maintenance, live, "target");
  const state = await readTargetState(maintenance, live);
  const refusal = dryRun ? needsRepair(live, state) : undefined;
  if (refusal !== undefined) throw refusal;
  const repaired = await repair(maintenance, live, state);
  if (repaired !== undefined) {
    // The interrupted sync is taken back by this; one step further would be one too many.
    console.line(`  ${repaired}. With this it is undone.`);
    return { outcome: "undone", document: { plan: { system, database: live }, repaired } };
  }
  const former = state.former?.name;
  if (former === undefined) {
    throw new OpsError(
      "precondition",
      "NOTHING_TO_UNDO",
      `${system}: no former database of ${live} is kept on the server.`,
      {
        hint: "Older states are in S3: restore a dump with pg_restore, see docs/runbooks/restore-a-dump.md.",
      },
    );
  }
  const plan = { system, database: live, former, bytes: await sizeOf(maintenance, former) };
  console.line(`Undo  ${system}`);
  console.line();
  console.line(
    `  ${live} is exchanged with ${former} (${formatBytes(plan.bytes)}), as it was before the last sync.`,
  );
  console.line(`  The present ${live} is kept in its place: the same command brings it back.`);
  console.line();
  if (dryRun) return { outcome: "planned", document: { plan } };
  if (!yes) await confirmByName(`This replaces the database ${live} on ${system}.`, live, signal);
  signal.throwIfAborted();
  const request = { live, incoming: former, stamp: timestamp(new Date()), reopen };
  const swapped = await swap(maintenance, request, signal);
  console.line(
    `  Undone: ${live} is what ${former} was; it was unavailable for ${formatDuration(swapped.unavailable)}.`,
  );
  const result = { previous: swapped.former, unavailable: Math.round(swapped.unavailable) };
  return { outcome: "undone", document: { plan, result } };
}

async function sizeOf(maintenance: Session, database: string): Promise<number> {
  const { bytes } = await maintenance.one<{ bytes: string }>(
    "select pg_catalog.pg_database_size($1::name) as bytes",
    [database],
  );
  return Number(bytes);
}
