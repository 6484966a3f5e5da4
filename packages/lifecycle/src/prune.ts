/** `pnpm snapshots list` and `pnpm snapshots prune`. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { canAsk, confirmByName } from "@pilot-light/core/cli/confirm";
import { confirmationNeeded } from "@pilot-light/core/errors";
import { formatMinute, plural } from "@pilot-light/core/output/format";
import type { Column } from "@pilot-light/core/output/layout";
import type { Printer } from "@pilot-light/core/output/printer";
import { monthly, unitPrices } from "@pilot-light/core/prices";
import { basics } from "./context.ts";
import { printHead } from "./plan/render.ts";
import { defaultKeep, deleteSnapshot, listSnapshots, prunable, type RdsSnapshot } from "./aws/snapshots.ts";

export interface PruneOptions {
  dryRun: boolean;
  yes: boolean;
  /** Number of the newest snapshots to keep. */
  keep: number;
  /** Also delete snapshots without another recorded copy of their rows. */
  includeOnlyCopies: boolean;
}

/** What a prune will do. */
export interface PrunePlan {
  /** Number of the newest snapshots to keep. */
  keep: number;
  delete: readonly RdsSnapshot[];
  keeps: readonly RdsSnapshot[];
}

/** Who took a snapshot. */
const origins = {
  deactivation: "deactivation",
  terraform: "Terraform",
  other: "by hand",
} as const satisfies Record<RdsSnapshot["origin"], string>;

export async function list(context: CommandContext): Promise<CommandOutcome> {
  const { aws, names, printer, signal } = basics(context);
  const snapshots = await listSnapshots(aws, names, signal);
  printHead(`Snapshots  ${names.databaseInstance}`, plural(snapshots.length, "snapshot"), printer);
  printSnapshots(snapshots, printer, 2);
  return { outcome: "listed", document: { snapshots } };
}

/**
 * Deletes all but the newest snapshots of deactivations and of Terraform, if their rows are in Neon as well.
 * @throws OpsError CONFIRMATION_NEEDED, NOT_CONFIRMED (precondition), AWS_... (aws)
 */
export async function prune(options: PruneOptions, context: CommandContext): Promise<CommandOutcome> {
  const { aws, names, printer, signal } = basics(context);
  const { dryRun, yes, keep, includeOnlyCopies } = options;
  const flags = `${keep === defaultKeep ? "" : ` --keep ${keep}`}${includeOnlyCopies ? " --include-only-copies" : ""}`;
  const command = `pnpm snapshots prune${flags}`;
  if (!dryRun && !yes && !canAsk()) throw confirmationNeeded({ command });
  const snapshots = await listSnapshots(aws, names, signal);
  const all = prunable(snapshots, keep, { onlyCopies: true });
  const surplus = includeOnlyCopies ? all : prunable(snapshots, keep);
  const plan = { keep, delete: surplus, keeps: snapshots.filter((snapshot) => !surplus.includes(snapshot)) };
  printHead(
    `Prune snapshots  ${names.databaseInstance}`,
    dryRun ? "dry run, nothing is written" : "",
    printer,
  );
  printPrunePlan(plan, printer);
  const spared = all.length - surplus.length;
  if (spared > 0) {
    printer.line(`  ${plural(spared, "snapshot")} kept: no other copy of the rows is recorded.`);
    printer.line("  To delete them as well:  pnpm snapshots prune --include-only-copies");
  }
  if (surplus.length === 0) {
    printer.line(`  Nothing to delete. The newest ${keep} and those that a person created are kept.`);
    return { outcome: "nothing to do", document: { plan, deleted: [] } };
  }
  // Snapshots share blocks: only AWS knows the size of each.
  const mostUsd =
    surplus.reduce((sum, { gigabytes }) => sum + gigabytes, 0) * monthly(unitPrices.snapshotGigabyte);
  printer.line();
  printer.line(`  This saves up to ${mostUsd.toFixed(2)} USD per month. It cannot be undone.`);
  if (dryRun) {
    printer.line(`  Nothing was deleted. To run it:  ${command}`);
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
  const summary = `${plural(deleted.length, "snapshot")} of ${names.databaseInstance} deleted.`;
  return { outcome: "pruned", document: { plan, deleted }, summary };
}

/** Prints which snapshots will be deleted, and which are kept. */
export function printPrunePlan(plan: Pick<PrunePlan, "delete" | "keeps">, printer: Printer): void {
  for (const [word, snapshots] of [
    ["will be deleted", plan.delete],
    ["kept", plan.keeps],
  ] as const) {
    if (snapshots.length === 0) continue;
    printer.line(`  ${word}`);
    printSnapshots(snapshots, printer, 4);
  }
}

const columns: readonly Column[] = [{}, {}, { wraps: true }];

function printSnapshots(snapshots: readonly RdsSnapshot[], printer: Printer, indent: number): void {
  const width = Math.max(0, ...snapshots.map(({ gigabytes }) => String(gigabytes).length));
  const rows = snapshots.map(({ id, createdAt, status, gigabytes, origin, onlyCopy }) => [
    id,
    createdAt === "" ? "" : `${formatMinute(createdAt)} UTC`,
    `${String(gigabytes).padStart(width)} GB, ${status === "available" ? origins[origin] : status}${onlyCopy ? ", ONLY COPY" : ""}`,
  ]);
  printer.table(columns, rows, indent);
}
