/** Plans and results of a switch as text for people. */
import type { Console } from "@pilot-light/core/console";
import { formatCount, plural } from "@pilot-light/core/format";
import type { Plan as SyncPlan } from "@pilot-light/sync/plan";
import { pricesAsOf } from "@pilot-light/core/prices";
import { modeName } from "@pilot-light/validate/report";
import type { Costs } from "./costs.ts";
import type { SwitchPlan } from "./switch-plan.ts";

/** Width of the column with the words on the left. */
const left = 12;

/** Characters of a list that share a line: with what stands before them, a hundred columns. */
const longestLine = 74;

/** `  word        text`. */
export function row(word: string, text: string): string {
  return `  ${word.padEnd(left)} ${text}`;
}

/** First line of every screen of a switch. */
export function printHead(title: string, right: string, console: Console): void {
  const space = right === "" ? "" : " ".repeat(Math.max(2, 78 - title.length));
  console.line(`${console.colours.bold(title)}${space}${right}`);
  console.line();
}

/** One screen: what will happen. */
export function printPlan(plan: SwitchPlan, console: Console): void {
  const { bold, dim, red, yellow } = console.colours;
  const { terraform, sync, costs, images } = plan;
  console.line();
  console.line(bold(`  ${modeName(plan.from)} -> ${modeName(plan.to)}: ${plan.steps.join(", ")}`));
  console.line();
  const words = [
    ["create", terraform.create],
    ["change", terraform.change],
    ["replace", terraform.replace],
    ["destroy", terraform.destroy],
  ] as const;
  const sum = (counts: Record<string, number>) =>
    Object.values(counts).reduce((all, count) => all + count, 0);
  console.line(row("terraform", words.map(([word, counts]) => `${word} ${sum(counts)}`).join(", ")));
  for (const [word, counts] of words) {
    if (sum(counts) > 0) printWrapped(console, word, types(counts));
  }
  for (const { type, name } of terraform.dataLost) {
    console.line(row("", red(bold(`LOST WITH ITS DATA: ${type.replace(/^aws_/, "")} ${name}`))));
  }
  for (const { service, tags, digest } of images) {
    console.line(row("image", `${service.padEnd(9)} ${tags.join(", ") || "no tag"}  ${digest.slice(0, 19)}`));
  }
  if (sync !== null) printSync(sync, console);
  console.line(
    row(
      "cost",
      `${dollars(costs.before)} a month now, ${bold(dollars(costs.after))} after  ${dim(`(list prices of us-east-1, ${pricesAsOf}, without traffic)`)}`,
    ),
  );
  for (const name of costs.after.unknown) console.line(row("", yellow(`not counted: ${name}`)));
  console.line(row("time", `about ${plural(plan.minutes, "minute")}`));
  for (const note of plan.notes) console.line(row("", `${yellow("!")} ${note}`));
  console.line();
}

function types(counts: Record<string, number>): string[] {
  return Object.entries(counts).map(
    ([type, count]) => `${type.replace(/^aws_/, "")}${count === 1 ? "" : ` x${count}`}`,
  );
}

/** Words in lines of a bearable length. */
function printWrapped(console: Console, word: string, items: readonly string[]): void {
  const { dim } = console.colours;
  let line = "";
  const lines: string[] = [];
  for (const item of items) {
    if (line.length + item.length > longestLine) {
      lines.push(`${line},`);
      line = "";
    }
    line = line === "" ? item : `${line}, ${item}`;
  }
  for (const [index, text] of [...lines, line].entries()) {
    console.line(row("", dim(`${(index === 0 ? word : "").padEnd(8)} ${text}`)));
  }
}

function printSync(sync: SyncPlan, console: Console): void {
  const { red, yellow } = console.colours;
  const total = (side: "sourceRows" | "targetRows") =>
    sync.tables.reduce((all, table) => all + (table[side] ?? 0), 0);
  const { source, target } = sync;
  console.line(
    row("sync", `${source.system} -> ${target.system}: replaces ${target.database} @ ${target.host}`),
  );
  const rows = `${plural(total("sourceRows"), "row")} in ${plural(sync.tables.filter(({ change }) => change !== "removed").length, "table")}`;
  console.line(row("", `${rows} take the place of ${formatCount(total("targetRows"))}`));
  if (sync.backup !== null) console.line(row("", `the target as it is goes to ${sync.backup} first`));
  for (const { table, change, targetRows } of sync.tables) {
    if (change !== "removed") continue;
    console.line(
      row(
        "",
        red(
          `REMOVED (only in the target): ${table.replaceAll(/\s/g, " ")}, ${formatCount(targetRows ?? 0)} rows`,
        ),
      ),
    );
  }
  for (const name of sync.removedObjects) {
    console.line(row("", red(`REMOVED (only in the target): ${name.replaceAll(/\s/g, " ")}`)));
  }
  for (const note of sync.notes) console.line(row("", `${yellow("!")} ${note}`));
}

/** "187.99 USD". */
export function dollars({ total }: Pick<Costs, "total">): string {
  return `${total.toFixed(2)} USD`;
}
