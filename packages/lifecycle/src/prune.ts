/** `pnpm snapshots list` and `prune`. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/command";
import { canAsk, confirmByName, confirmationNeeded } from "@pilot-light/core/confirm";
import { formatMinute, plural } from "@pilot-light/core/format";
import { monthly, unitPrices } from "@pilot-light/core/prices";
import { basics } from "./context.ts";
import { printHead } from "./render.ts";
import { deleteSnapshot, listSnapshots, prunable, type Snapshot } from "./snapshots.ts";

export interface PruneOptions {
  dryRun: boolean;
  yes: boolean;
  /** How many of the newest stay. */
  keep: number;
  /** Whether those go as well whose rows are nowhere else. */
  includeOnlyCopies: boolean;
}

const origins = {
  deactivation: "before a deactivation",
  terraform: "final, by Terraform",
  other: "by hand",
} as const satisfies Record<Snapshot["origin"], string>;

export async function list(context: CommandContext): Promise<CommandOutcome> {
  const { aws, names, console, signal } = basics(context);
  const snapshots = await listSnapshots(aws, names, signal);
  printHead(`Snapshots  ${names.databaseInstance}`, plural(snapshots.length, "snapshot"), console);
  for (const snapshot of snapshots) console.line(`  ${describe(snapshot)}`);
  return { outcome: "listed", document: { snapshots } };
}

/**
 * Deletes all but the newest snapshots that a deactivation or Terraform made, as far as their rows are in Neon as well.
 * @throws OpsError CONFIRMATION_NEEDED, NOT_CONFIRMED (precondition), AWS_... (aws)
 */
export async function prune(options: PruneOptions, context: CommandContext): Promise<CommandOutcome> {
  const { aws, names, console, signal } = basics(context);
  const { dryRun, yes, keep, includeOnlyCopies } = options;
  if (!dryRun && !yes && !canAsk()) throw confirmationNeeded("pnpm snapshots prune");
  const snapshots = await listSnapshots(aws, names, signal);
  const all = prunable(snapshots, keep, { onlyCopies: true });
  const surplus = includeOnlyCopies ? all : prunable(snapshots, keep);
  printHead(
    `Prune snapshots  ${names.databaseInstance}`,
    dryRun ? "dry run, nothing is written" : "",
    console,
  );
  for (const snapshot of surplus) console.line(`  DELETED: ${describe(snapshot)}`);
  const spared = all.length - surplus.length;
  if (spared > 0) {
    console.line(
      `  ${plural(spared, "snapshot stays", "snapshots stay")}: their rows are in no other place that is known. To delete them as well:  --include-only-copies`,
    );
  }
  const plan = { keep, delete: surplus };
  if (surplus.length === 0) {
    console.line(`  Nothing to delete: the newest ${keep} stay, as do those that were taken by hand.`);
    return { outcome: "nothing to do", document: { plan, deleted: [] } };
  }
  // What each really takes is known to AWS only: they share blocks.
  const most =
    surplus.reduce((sum, { gigabytes }) => sum + gigabytes, 0) * monthly(unitPrices.snapshotGigabyte);
  console.line();
  console.line(`  That saves up to ${most.toFixed(2)} USD a month. It cannot be undone.`);
  if (dryRun) return { outcome: "planned", document: { plan } };
  if (!yes) {
    await confirmByName(
      `This deletes ${plural(surplus.length, "snapshot")}.`,
      names.databaseInstance,
      signal,
    );
  }
  const deleted: string[] = [];
  for (const { id } of surplus) {
    await deleteSnapshot(aws, id, signal);
    deleted.push(id);
    console.line(`  deleted ${id}`);
  }
  return { outcome: "pruned", document: { plan, deleted } };
}

function describe({ id, createdAt, status, gigabytes, origin, onlyCopy }: Snapshot): string {
  return `${id.padEnd(58)} ${formatMinute(createdAt).padEnd(17)} ${`${gigabytes} GB`.padStart(7)}  ${status === "available" ? origins[origin] : status}${onlyCopy ? ", ONLY COPY" : ""}`;
}
