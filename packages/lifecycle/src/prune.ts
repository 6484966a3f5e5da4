/** `pnpm snapshots list` and `prune`. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { canAsk, confirmByName } from "@pilot-light/core/cli/confirm";
import { confirmationNeeded } from "@pilot-light/core/errors";
import { formatMinute, plural } from "@pilot-light/core/output/format";
import { monthly, unitPrices } from "@pilot-light/core/prices";
import { basics } from "./context.ts";
import { printHead } from "./plan/render.ts";
import { deleteSnapshot, listSnapshots, prunable, usualKeep, type Snapshot } from "./aws/snapshots.ts";

export interface PruneOptions {
  dryRun: boolean;
  yes: boolean;
  /** How many of the newest stay. */
  keep: number;
  /** Whether those go as well whose rows are nowhere else. */
  includeOnlyCopies: boolean;
}

/** Who took it. */
const origins = {
  deactivation: "deactivation",
  terraform: "Terraform",
  other: "by hand",
} as const satisfies Record<Snapshot["origin"], string>;

/** With four spaces before it a line has a hundred columns. */
const longestLine = 96;

export async function list(context: CommandContext): Promise<CommandOutcome> {
  const { aws, names, printer, signal } = basics(context);
  const snapshots = await listSnapshots(aws, names, signal);
  printHead(`Snapshots  ${names.databaseInstance}`, plural(snapshots.length, "snapshot"), printer);
  for (const line of describeAll(snapshots)) printer.line(`  ${line}`);
  return { outcome: "listed", document: { snapshots } };
}

/**
 * Deletes all but the newest snapshots that a deactivation or Terraform made, as far as their rows are in Neon as well.
 * @throws OpsError CONFIRMATION_NEEDED, NOT_CONFIRMED (precondition), AWS_... (aws)
 */
export async function prune(options: PruneOptions, context: CommandContext): Promise<CommandOutcome> {
  const { aws, names, printer, signal } = basics(context);
  const { dryRun, yes, keep, includeOnlyCopies } = options;
  if (!dryRun && !yes && !canAsk()) throw confirmationNeeded({ command: "pnpm snapshots prune" });
  const snapshots = await listSnapshots(aws, names, signal);
  const all = prunable(snapshots, keep, { onlyCopies: true });
  const surplus = includeOnlyCopies ? all : prunable(snapshots, keep);
  const plan = { keep, delete: surplus, keeps: snapshots.filter((snapshot) => !surplus.includes(snapshot)) };
  printHead(
    `Prune snapshots  ${names.databaseInstance}`,
    dryRun ? "dry run, nothing is written" : "",
    printer,
  );
  for (const line of planLines(plan)) printer.line(line);
  const spared = all.length - surplus.length;
  if (spared > 0) {
    printer.line(
      `  ${plural(spared, "snapshot stays", "snapshots stay")}: their rows are in no other place that is known.`,
    );
    printer.line("  To delete them as well:  pnpm snapshots prune --include-only-copies");
  }
  if (surplus.length === 0) {
    printer.line(`  Nothing to delete: the newest ${keep} stay, as do those that were taken by hand.`);
    return { outcome: "nothing to do", document: { plan, deleted: [] } };
  }
  // What each really takes is known to AWS only: they share blocks.
  const most =
    surplus.reduce((sum, { gigabytes }) => sum + gigabytes, 0) * monthly(unitPrices.snapshotGigabyte);
  printer.line();
  printer.line(`  That saves up to ${most.toFixed(2)} USD a month. It cannot be undone.`);
  if (dryRun) {
    const flags = `${keep === usualKeep ? "" : ` --keep ${keep}`}${includeOnlyCopies ? " --include-only-copies" : ""}`;
    printer.line(`  To do it:  pnpm snapshots prune${flags}`);
    return { outcome: "planned", document: { plan } };
  }
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
    printer.line(`  deleted ${id}`);
  }
  return { outcome: "pruned", document: { plan, deleted } };
}

/** What goes and what stays, each under its word. */
export function planLines(plan: { delete: readonly Snapshot[]; keeps: readonly Snapshot[] }): string[] {
  const lines = (word: string, snapshots: readonly Snapshot[]) =>
    snapshots.length === 0 ? [] : [`  ${word}`, ...describeAll(snapshots).map((line) => `    ${line}`)];
  return [...lines("would delete", plan.delete), ...lines("keeps", plan.keeps)];
}

/** A line for each, two where the names are so long that they leave no room for the rest. */
function describeAll(snapshots: readonly Snapshot[]): string[] {
  const width = Math.max(0, ...snapshots.map(({ id }) => id.length));
  return snapshots.flatMap(({ id, createdAt, status, gigabytes, origin, onlyCopy }) => {
    const time = createdAt === "" ? "" : `${formatMinute(createdAt)} UTC`;
    const size = `${gigabytes} GB`.padStart(7);
    const facts = `${time.padEnd(20)} ${size} ${status === "available" ? origins[origin] : status}${onlyCopy ? ", ONLY COPY" : ""}`;
    return width + 1 + facts.length <= longestLine ? [`${id.padEnd(width)} ${facts}`] : [id, `  ${facts}`];
  });
}
