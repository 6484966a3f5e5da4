/** The sections that combine several fields, such as tables with their verification, or costs before and after. */
import type { RunRecord } from "../history/run-record.ts";
import { breakable, html, none, type Html } from "./html.ts";
import { tableOf } from "./tables.ts";
import { formatDollars, isFields, isRows, valueOf, type Fields } from "./values.ts";

interface Place {
  /** Names of the fields that lead to the value. */
  path: readonly string[];
  record: RunRecord;
}

/** Presenters by the name of the field. A presenter returns undefined for a value of another form, which is then shown by its shape. */
export const presenters: Readonly<Record<string, (value: unknown, place: Place) => Html | undefined>> = {
  tables,
  verified: () => none,
  monthlyCosts,
  terraform,
  objects,
  checks,
  endpoints: (value) =>
    isFields(value)
      ? tableOf(
          "Addresses",
          Object.entries(value).map(([name, address]) => ({ name, address })),
        )
      : undefined,
};

/** Tables of a plan, with what the sync has verified; of a comparison, first those that differ. */
function tables(value: unknown, { record }: Place): Html | undefined {
  if (!isRows(value)) return undefined;
  const { result } = record;
  const verified = isFields(result) && isRows(result.verified) ? result.verified : [];
  const byTable = new Map(verified.map(({ table, ...facts }) => [table, facts]));
  const rows = value.map((row): Fields => {
    const { rows: copied, ...facts } = byTable.get(row.table) ?? {};
    return { ...row, ...(copied === undefined ? {} : { verifiedRows: copied }), ...facts };
  });
  const isDifferent = (row: Fields) => row.isEqual === false;
  return tableOf("Tables", [...rows.filter(isDifferent), ...rows.filter((row) => !isDifferent(row))]);
}

/** What every kind of resource costs before and after. */
function monthlyCosts(value: unknown): Html | undefined {
  if (!isFields(value) || !isFields(value.before) || !isFields(value.after)) return undefined;
  const { before, after } = value;
  const [now, later] = [costItems(before), costItems(after)];
  const names = [...new Set([...now.keys(), ...later.keys()])];
  const rows = names.map((resources) => ({
    resources,
    beforeUsd: now.get(resources) ?? null,
    afterUsd: later.get(resources) ?? null,
  }));
  const [first, second] = [Number(before.totalUsd), Number(after.totalUsd)];
  const difference = second - first;
  const change =
    Math.abs(difference) < 0.005
      ? "The costs stay the same."
      : `${formatDollars(Math.abs(difference))} per month ${difference > 0 ? "more" : "less"} than before.`;
  const unknown = Array.isArray(after.unknown) ? after.unknown.map(String) : [];
  return html`<p class="lead">
      ${formatDollars(first)} before, <strong>${formatDollars(second)} after</strong>. ${change}
    </p>
    ${tableOf("Costs in USD per month, at list prices", rows, { resources: "Total", beforeUsd: first, afterUsd: second })}
    ${unknown.length === 0 ? none : html`<p>Without a known price: ${unknown.join(", ")}.</p>`}`;
}

function costItems({ items }: Fields): Map<string, number> {
  return new Map(isRows(items) ? items.map(({ name, usd }) => [String(name), Number(usd)]) : []);
}

/** Resources by type, with a column for each kind of change; first those whose data is lost. */
function terraform(value: unknown): Html | undefined {
  if (!isFields(value)) return undefined;
  const kinds = ["create", "change", "replace", "destroy"] as const;
  const counts = kinds.map((kind) => value[kind]).filter(isFields);
  if (counts.length < kinds.length) return undefined;
  const types = [...new Set(counts.flatMap((each) => Object.keys(each)))].sort();
  const rows = types.map((type) => {
    const row: Record<string, unknown> = { resources: type };
    for (const [index, kind] of kinds.entries()) row[kind] = counts[index]?.[type] ?? null;
    return row;
  });
  const lost = isRows(value.dataLost)
    ? tableOf("Resources that are deleted with their data", value.dataLost)
    : none;
  const changes =
    rows.length === 0 ? html`<p>No resource is changed.</p>` : tableOf("Resources by type", rows);
  return html`${lost}${changes}`;
}

/** Objects that differ, each with the lines of its difference. */
function objects(value: unknown): Html | undefined {
  if (!isRows(value)) return undefined;
  const rows = value.map(({ identity, kind, problem }) => ({ identity, kind, problem }));
  const diffs = value.filter(({ diff }) => Array.isArray(diff) && diff.length > 0);
  return html`${tableOf("Definitions that differ", rows)}
  ${diffs.map(
    ({ kind, identity, diff }) =>
      html`<h3>${String(kind)} <code>${breakable(String(identity))}</code></h3>
        <pre class="diff" tabindex="0">
${(diff as readonly unknown[]).map((line) => diffLine(String(line)))}</pre>`,
  )}`;
}

function diffLine(line: string): Html {
  const kind = line.startsWith("+") ? "add" : line.startsWith("-") ? "del" : "same";
  return html`<span class="${kind}">${line}</span>`;
}

/** Checks of a validation: first those that found something, with what to do. */
function checks(value: unknown): Html | undefined {
  if (!isRows(value) || !value.every(({ status }) => typeof status === "string")) return undefined;
  const order = ["failed", "warning", "waived", "skipped", "passed"];
  const rank = ({ status }: Fields) => (order.indexOf(String(status)) + order.length) % order.length;
  const applicable = value.filter(({ status }) => status !== "not-applicable");
  const rows = [...applicable]
    .sort((a, b) => rank(a) - rank(b))
    .map(({ id, status, summary, durationMs }) => ({ check: id, status, summary, durationMs }));
  const found = applicable.filter(({ problems }) => isRows(problems));
  const problems = found.map(
    ({ id, problems: list }) =>
      html`<h3>${String(id)}</h3>
        <ul>
          ${(isRows(list) ? list : []).map(({ severity, message, fix }) => html`<li>${valueOf("severity", severity === "warning" ? "warning" : "failed")} ${breakable(String(message))}<br />${breakable(String(fix))}</li>`)}
        </ul>`,
  );
  return html`${problems}${tableOf("Checks", rows)}`;
}
