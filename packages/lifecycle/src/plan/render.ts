/** Prints plans and results of mode changes for people. */
import type { Printer } from "@pilot-light/core/output/printer";
import { formatCount, plural } from "@pilot-light/core/output/format";
import type { Plan as SyncPlan } from "@pilot-light/sync/plan/plan";
import { pricesAsOf } from "@pilot-light/core/prices";
import { modeName } from "@pilot-light/validate/mode";
import { describeTime, ifDueCommand } from "../schedule/schedule.ts";
import type { Costs } from "./costs.ts";
import type { ModeChangePlan, TerraformSummary } from "./mode-change-plan.ts";

/** Columns of the words on the left. */
const wordWidth = 12;

/** Width of the actions before a list of types, such as "destroy". */
const actionWidth = 8;

/** `  word        text`, in as many lines as the terminal needs. */
export function printRow(word: string, text: string, printer: Printer): void {
  printer.row({ label: label(word), text });
}

function label(word: string): string {
  return `  ${word.padEnd(wordWidth)} `;
}

/** The first line of every mode change, of `status` and of `snapshots`: a title on the left, a remark on the right. */
export function printHead(title: string, right: string, printer: Printer): void {
  const { width } = printer.page;
  const space = width - title.length - right.length;
  const shown = printer.colors.bold(title);
  if (space >= 2 || right === "") printer.line(`${shown}${" ".repeat(Math.max(0, space))}${right}`.trimEnd());
  else for (const line of [shown, `  ${right}`]) printer.line(line);
  printer.line();
}

/** The plan, on one screen. */
export function printPlan(plan: ModeChangePlan, printer: Printer): void {
  const { bold, dim, yellow } = printer.colors;
  const { sync, monthlyCosts, images } = plan;
  const { before, after } = monthlyCosts;
  printer.line();
  printer.line(bold(`  ${modeName(plan.from)} -> ${modeName(plan.to)}: ${plan.steps.join(", ")}`));
  printer.line();
  printTerraform(plan.terraform, printer);
  const imageRows = images.map(({ service, tags, digest }, index) => [
    index === 0 ? "images" : "",
    service,
    tags.join(", ") || "no tag",
    digest.slice(0, 19),
  ]);
  printer.table([{ least: wordWidth - 1 }, {}, {}, {}], imageRows);
  if (sync !== null) printSync(sync, printer);
  printRow(
    "cost",
    `${dollars(before)} per month now, ${bold(dollars(after))} after  ${dim(`(us-east-1 prices of ${pricesAsOf}, little use)`)}`,
    printer,
  );
  for (const name of after.unknown) printRow("", yellow(`not counted: ${name}`), printer);
  printRow("time", `about ${plural(Math.round(plan.estimatedDurationMs / 60_000), "minute")}`, printer);
  if (plan.deactivateAt !== null) printDue(plan.deactivateAt, printer);
  for (const note of plan.notes) printRow("", `${yellow("!")} ${note}`, printer);
  printer.line();
}

/** When the environment is due for its deactivation, and what runs it. */
export function printDue(at: string, printer: Printer): void {
  printRow("deactivate", describeTime(at, new Date()), printer);
  printRow("", `runs only if a scheduler runs  ${ifDueCommand}`, printer);
}

/** Prints the changes by action and type, and the resources that are deleted with their data. */
export function printTerraform(terraform: TerraformSummary, printer: Printer): void {
  const { bold, dim, red } = printer.colors;
  const actions = ["create", "change", "replace", "destroy"] as const;
  const sum = (counts: Readonly<Record<string, number>>) =>
    Object.values(counts).reduce((all, count) => all + count, 0);
  printRow("terraform", actions.map((action) => `${action} ${sum(terraform[action])}`).join(", "), printer);
  const room = printer.page.width - label("").length - actionWidth - 1;
  for (const action of actions) {
    for (const [index, types] of packed(typesOf(terraform[action]), room).entries()) {
      const start = `${label("")}${(index === 0 ? action : "").padEnd(actionWidth)} `;
      printer.row({ label: dim(start), text: dim(types) });
    }
  }
  for (const { type, name } of terraform.dataLost) {
    printRow("", red(bold(`DELETED WITH ITS DATA: ${withoutProvider(type)} ${name}`)), printer);
  }
}

function typesOf(counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts).map(
    ([type, count]) => `${withoutProvider(type)}${count === 1 ? "" : ` x${count}`}`,
  );
}

function withoutProvider(type: string): string {
  return type.replace(/^aws_/, "");
}

/** Items in lines of at most `room` columns, separated by commas. No item is broken. */
function packed(items: readonly string[], room: number): string[] {
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    // The comma after the item counts as well.
    if (last !== undefined && last.length + item.length + 3 <= room) lines.splice(-1, 1, `${last}, ${item}`);
    else lines.push(item);
  }
  return lines.map((line, index) => (index < lines.length - 1 ? `${line},` : line));
}

function printSync(sync: SyncPlan, printer: Printer): void {
  const { red, yellow } = printer.colors;
  const total = (side: "sourceRows" | "targetRows") =>
    sync.tables.reduce((all, table) => all + (table[side] ?? 0), 0);
  const { source, target } = sync;
  printRow(
    "sync",
    `${source.system} -> ${target.system}: replaces ${target.database} @ ${target.host}`,
    printer,
  );
  const tables = sync.tables.filter(({ change }) => change !== "removed").length;
  const rows = `${plural(total("sourceRows"), "row")} in ${plural(tables, "table")}`;
  printRow("", `${rows} replace ${plural(total("targetRows"), "row")}`, printer);
  if (sync.backup !== null) printRow("", `the present target is first dumped to ${sync.backup}`, printer);
  if (sync.restorePoint !== null) {
    const { name, project, projectFrom } = sync.restorePoint;
    const found = projectFrom === "NEON_PROJECT_ID" ? "of NEON_PROJECT_ID" : "which has this host";
    printRow(
      "",
      `before that, the sync creates the Neon branch ${name} as a restore point, in the project ${project}, ${found} (--keep-branch 0 creates none)`,
      printer,
    );
  } else if (target.system === "neon") {
    printRow("", "with NEON_API_KEY, the sync creates a branch of Neon first as a restore point", printer);
  }
  const removed = [
    ...sync.tables
      .filter(({ change }) => change === "removed")
      .map(({ table, targetRows }) => `${table}, ${formatCount(targetRows ?? 0)} rows`),
    ...sync.removedObjects,
  ];
  for (const name of removed) {
    printRow("", red(`REMOVED from the target: ${name.replaceAll(/\s/g, " ")}`), printer);
  }
  for (const note of sync.notes) printRow("", `${yellow("!")} ${note}`, printer);
}

/** "187.99 USD". */
export function dollars({ totalUsd }: Pick<Costs, "totalUsd">): string {
  return `${totalUsd.toFixed(2)} USD`;
}
