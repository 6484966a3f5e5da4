/** The prices as a table per mode, in Markdown: the text of docs/costs.md. */
import {
  accessTaskHour,
  syncTaskHour,
  hoursOfAMonth,
  insightsMetrics,
  monthly,
  pricesAsOf,
  unitPrices,
} from "@pilot-light/core/prices";
import { serviceNames } from "../variables/services.ts";
import { type Price, type Scenario, prices, scenarios } from "./prices.ts";

const columns: readonly Scenario[] = ["pilotLight", "withoutDatabase", "active", "cheapActive"];

/** USD a month for one item. */
function costs({ price, quantity }: Price, scenario: Scenario): number {
  return monthly(price) * quantity[scenario];
}

/** USD a month for the whole environment. */
export function total(scenario: Scenario): number {
  return prices.reduce((sum, price) => sum + costs(price, scenario), 0);
}

export function costsDocument(): string {
  const metrics = insightsMetrics(serviceNames.length);
  const header = ["USD a month", ...columns.map((scenario) => scenarios[scenario]), "price", "from"];
  const rows = prices.map((price) => [
    price.item,
    ...columns.map((scenario) => amount(costs(price, scenario), price.quantity[scenario])),
    price.price.usd === 0 ? "free" : `${price.price.usd} / ${price.price.per}`,
    `[${new URL(price.price.source).pathname.split("/")[1] ?? ""}](${price.price.source})`,
  ]);
  const sums = ["**Total**", ...columns.map((scenario) => `**${total(scenario).toFixed(2)}**`), "", ""];
  return `# Costs

This page lists what each mode costs if it lasts a whole month of ${hoursOfAMonth} hours, in us-east-1, without taxes. The prices are those
of ${pricesAsOf}. An hour of active mode costs ${((total("active") - total("pilotLight")) / hoursOfAMonth).toFixed(2)} USD more than an hour of pilot light.

${table([header, ...rows, sums])}
An access task, through which Systems Manager forwards a port to the database, costs ${accessTaskHour().toFixed(3)} USD an hour. AWS charges for one minute at
least. The command that started the task stops it, and without that the task ends after an hour. A task of \`pnpm sync --on-fargate\` costs ${syncTaskHour().toFixed(3)} USD
an hour, while the sync runs. When no sync runs, you pay only for its image and for the secret with the URL of Neon, in both modes.

Container Insights is off by default. With \`enable_container_insights\`, active mode costs ${(metrics * monthly(unitPrices.metric)).toFixed(2)} USD a month more, for
${metrics} metrics (${unitPrices.metric.usd.toFixed(2)} each) of ${serviceNames.length} services. CloudWatch also charges for the log events of these metrics. \`pnpm status\` and the plans
include the metrics.

Three features cost almost nothing. AWS Budgets sends its alarms free of charge (\`budget_monthly_usd\`, \`budget_email\`). EventBridge
does not charge for events of AWS services. When RDS has changed the database password, which it does every week, one step of Systems Manager
Automation starts new backend tasks, in active mode only. Documents of other companies state 0.002 USD for a step, so at most 0.01 USD a month;
they disagree on whether the first steps are free. Nobody has compared this with AWS's own page,
[Systems Manager pricing](https://aws.amazon.com/systems-manager/pricing/).

The sizes are the defaults of the Terraform variables. Amounts that depend on use are those of a month with little use. The table includes
neither traffic to the internet nor RDS snapshots beyond the size of the database (0.095 USD a GB and month).

\`packages/core/src/prices.ts\` holds the prices, and \`packages/infra/src/costs/prices.ts\` the quantities. If you change one of them, write this page again:

\`\`\`sh
npx vitest run --project unit packages/infra/src/costs -u
\`\`\`
`;
}

function amount(usd: number, quantity: number): string {
  return quantity === 0 ? "-" : usd.toFixed(2);
}

/** Columns of one width, as the formatter wants them: texts to the left, amounts to the right. */
function table([header = [], ...rows]: readonly (readonly string[])[]): string {
  const widths = header.map((_, column) =>
    Math.max(...[header, ...rows].map((row) => (row[column] ?? "").length)),
  );
  const isAmount = (column: number) => column >= 1 && column <= columns.length;
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => (isAmount(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join(" | ")} |\n`;
  const rule = widths.map((width, column) =>
    isAmount(column) ? `${"-".repeat(width - 1)}:` : "-".repeat(width),
  );
  return [header, rule, ...rows].map(line).join("");
}
