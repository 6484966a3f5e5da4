/**
 * Taking the last sync back: the former target, which was kept, changes names with the present one. No dump is made of
 * that, so it gets a name that no sync drops.
 */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { canAsk, confirmByName } from "@pilot-light/core/cli/confirm";
import { confirmationNeeded } from "@pilot-light/core/errors";
import { OpsError } from "@pilot-light/core/ops-error";
import { formatBytes, formatDuration } from "@pilot-light/core/output/format";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import { ident } from "@pilot-light/core/postgres/identifiers";
import type { OutputsSource } from "@pilot-light/core/terraform/outputs";
import type { Session } from "@pilot-light/core/postgres/session";
import { sessionOptions } from "./read/connect.ts";
import { lock, openMaintenance } from "./target/maintenance.ts";
import { resolveOne } from "./resolve.ts";
import { swap } from "./target/swap.ts";
import { needsRepair, readTargetState, repair } from "./target/target-state.ts";

export interface UndoOptions {
  dryRun: boolean;
  yes: boolean;
  outputs: OutputsSource;
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
  const { printer, environment, signal } = context;
  const { dryRun, yes, outputs } = options;
  const target = await resolveOne(system, outputs, context);
  if (!dryRun && !yes && !canAsk()) throw confirmationNeeded({ command: `pnpm sync undo ${system}` });
  const reopen = () => openMaintenance(target, sessionOptions("target", environment));
  await using maintenance = await openMaintenance(target, sessionOptions("target", environment, signal));
  const live = target.database;
  if (!dryRun) await lock(maintenance, live, "target");
  const state = await readTargetState(maintenance, live);
  const refusal = dryRun ? needsRepair(target, state) : undefined;
  if (refusal !== undefined) throw refusal;
  const repaired = await repair(maintenance, live, state);
  if (repaired !== undefined) {
    // The interrupted sync is taken back by this; one step further would be one too many.
    printer.line(`  ${repaired}. With this it is undone.`);
    return { outcome: "undone", document: { plan: { system, database: live }, repaired } };
  }
  if (state.former === undefined) {
    throw new OpsError(
      "precondition",
      "NOTHING_TO_UNDO",
      `${system}: no former database of ${live} is kept on the server.`,
      {
        details: state.formers.map(({ name }) => `put aside by an earlier undo: ${name}`),
        hint: "Older states are in S3: restore a dump with pg_restore, see docs/runbooks/restore-a-dump.md.",
      },
    );
  }
  const { name: former, kind } = state.former;
  const before = kind === "undone" ? "undo" : "sync";
  const plan = { system, database: live, former, bytes: await sizeOf(maintenance, former) };
  printer.line(`Undo  ${system}`);
  printer.line();
  printer.line(
    `  ${live} is exchanged with ${former} (${formatBytes(plan.bytes)}), as it was before the last ${before}.`,
  );
  printer.line(`  The present ${live} is kept in its place: the same command brings it back.`);
  printer.line();
  if (dryRun) return { outcome: "planned", document: { plan } };
  if (!yes) await confirmByName(`This replaces the database ${live} on ${system}.`, live, signal);
  signal.throwIfAborted();
  const stamp = await serverTime(maintenance);
  const request = { live, incoming: former, becomes: "undone", stamp, reopen } as const;
  const swapped = await swap(maintenance, request, signal);
  printer.line(
    `  Undone: ${live} is what ${former} was; it was unavailable for ${formatDuration(swapped.unavailable)}.`,
  );
  printer.line(`  What it was until now is ${swapped.former}. No dump of that exists, so no sync drops it;`);
  printer.line(`  when nobody needs it:  drop database ${ident(swapped.former)};`);
  const result = { previous: swapped.former, unavailable: Math.round(swapped.unavailable) };
  return { outcome: "undone", document: { plan, result } };
}

/** Of two databases that were put aside the newer one is told by its name, so one clock makes them all. */
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
