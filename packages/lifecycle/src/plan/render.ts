/** Plans and results of a switch as text for people. */
import type { Printer } from "@pilot-light/core/output/printer";
import { formatCount, plural } from "@pilot-light/core/output/format";
import type { Plan as SyncPlan } from "@pilot-light/sync/plan/plan";
import { pricesAsOf } from "@pilot-light/core/prices";
import { modeName } from "@pilot-light/validate/mode";
import type { Costs } from "./costs.ts";
import type { SwitchPlan } from "./mode-change-plan.ts";

/** Width of the column with the words on the left. */
const left = 12;

/** Width of the words before a list: "destroy". */
const wordWidth = 8;

/** `  word        text`, in as many lines as the terminal needs. */
export function printRow(word: string, text: string, printer: Printer): void {
  printer.row({ label: label(word), text });
}

function label(word: string): string {
  return `  ${word.padEnd(left)} `;
}

/** First line of every screen of a switch. */
export function printHead(title: string, right: string, printer: Printer): void {
  const { width } = printer.page;
  const space = width - title.length - right.length;
  const shown = printer.colors.bold(title);
  if (space >= 2 || right === "") printer.line(`${shown}${" ".repeat(Math.max(0, space))}${right}`.trimEnd());
  else for (const line of [shown, `  ${right}`]) printer.line(line);
  printer.line();
}

/** One screen: what will happen. */
export function printPlan(plan: SwitchPlan, printer: Printer): void {
  const { bold, dim, red, yellow } = printer.colors;
  const { terraform, sync, costs, images } = plan;
  printer.line();
  printer.line(bold(`  ${modeName(plan.from)} -> ${modeName(plan.to)}: ${plan.steps.join(", ")}`));
  printer.line();
  const words = [
    ["create", terraform.create],
    ["change", terraform.change],
    ["replace", terraform.replace],
    ["destroy", terraform.destroy],
  ] as const;
  const sum = (counts: Record<string, number>) =>
    Object.values(counts).reduce((all, count) => all + count, 0);
  printRow("terraform", words.map(([word, counts]) => `${word} ${sum(counts)}`).join(", "), printer);
  for (const [word, counts] of words) {
    if (sum(counts) > 0) printWrapped(printer, word, types(counts));
  }
  for (const { type, name } of terraform.dataLost) {
    printRow("", red(bold(`LOST WITH ITS DATA: ${type.replace(/^aws_/, "")} ${name}`)), printer);
  }
  for (const { service, tags, digest } of images) {
    printRow("image", `${service.padEnd(9)} ${tags.join(", ") || "no tag"}  ${digest.slice(0, 19)}`, printer);
  }
  if (sync !== null) printSync(sync, printer);
  printRow(
    "cost",
    `${dollars(costs.before)} a month now, ${bold(dollars(costs.after))} after  ${dim(`(list prices of us-east-1, ${pricesAsOf}, quiet use)`)}`,
    printer,
  );
  for (const name of costs.after.unknown) printRow("", yellow(`not counted: ${name}`), printer);
  printRow("time", `about ${plural(plan.minutes, "minute")}`, printer);
  for (const note of plan.notes) printRow("", `${yellow("!")} ${note}`, printer);
  printer.line();
}

function types(counts: Record<string, number>): string[] {
  return Object.entries(counts).map(
    ([type, count]) => `${type.replace(/^aws_/, "")}${count === 1 ? "" : ` x${count}`}`,
  );
}

/** Items in lines that are as wide as the page, no item broken. */
function printWrapped(printer: Printer, word: string, items: readonly string[]): void {
  const { dim } = printer.colors;
  const start = label("").length + wordWidth + 1;
  const room = printer.page.width - start;
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    // With the comma that follows.
    const fits = last !== undefined && last.length + item.length + 3 <= room;
    if (fits) lines.splice(-1, 1, `${last}, ${item}`);
    else lines.push(item);
  }
  for (const [index, text] of lines.entries()) {
    const comma = index < lines.length - 1 ? "," : "";
    printer.line(label("") + dim(`${(index === 0 ? word : "").padEnd(wordWidth)} ${text}${comma}`));
  }
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
  const rows = `${plural(total("sourceRows"), "row")} in ${plural(sync.tables.filter(({ change }) => change !== "removed").length, "table")}`;
  printRow("", `${rows} take the place of ${formatCount(total("targetRows"))}`, printer);
  if (sync.backup !== null) printRow("", `the target as it is goes to ${sync.backup} first`, printer);
  for (const { table, change, targetRows } of sync.tables) {
    if (change !== "removed") continue;
    printRow(
      "",
      red(
        `REMOVED (only in the target): ${table.replaceAll(/\s/g, " ")}, ${formatCount(targetRows ?? 0)} rows`,
      ),
      printer,
    );
  }
  for (const name of sync.removedObjects) {
    printRow("", red(`REMOVED (only in the target): ${name.replaceAll(/\s/g, " ")}`), printer);
  }
  for (const note of sync.notes) printRow("", `${yellow("!")} ${note}`, printer);
}

/** "187.99 USD". */
export function dollars({ total }: Pick<Costs, "total">): string {
  return `${total.toFixed(2)} USD`;
}
