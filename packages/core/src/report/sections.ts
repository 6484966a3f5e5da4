/**
 * The sections of a report, from the document of a run. A field that `known.ts` does not know becomes a section by its shape: objects become
 * facts, lists of objects tables, and lists of texts lists. So a new field of a document is in the report without a change to this folder.
 */
import type { RunRecord } from "../history/run-record.ts";
import { html, none, type Html } from "./html.ts";
import { presenters } from "./known.ts";
import { tableOf } from "./tables.ts";
import { isFields, isNumeric, isRows, isScalar, labelOf, valueOf, type Fields } from "./values.ts";

export interface Section {
  title: string;
  body: Html;
  /** Sections are in ascending order of their weights: what matters most is first. */
  weight: number;
}

/** Titles and weights by the name of the field. Other fields follow, in the order of the document. */
const headings: Readonly<Record<string, readonly [title: string, weight: number]>> = {
  result: ["Result", 10],
  validation: ["Validation", 15],
  checks: ["Checks", 16],
  objects: ["Differences of definitions", 20],
  removedObjects: ["Objects that are removed", 22],
  tables: ["Tables", 25],
  sequences: ["Sequences", 28],
  monthlyCosts: ["Costs per month", 35],
  terraform: ["Changes by Terraform", 40],
  images: ["Images", 42],
  endpoints: ["Addresses", 45],
  source: ["Databases", 50],
  notes: ["Notes", 55],
  plan: ["Plan", 60],
  sync: ["Copy of the data", 61],
};
const otherWeight = 70;

/** A list of so few texts is a fact, and not a section, unless it has a heading. */
const fewValues = 4;

/** Fields that the page shows in a separate place. */
const placedElsewhere = new Set(["version", "command", "outcome", "run", "error", "durationsMs", "repaired"]);

/** All sections of a document. */
export function sectionsOf(record: RunRecord): Section[] {
  const scalars: Record<string, unknown> = {};
  const sections: Section[] = [];
  for (const [name, value] of Object.entries(record)) {
    if (placedElsewhere.has(name)) continue;
    if (isScalar(value)) scalars[name] = value;
    else sections.push(...visit([name], value, record));
  }
  if (Object.keys(scalars).length > 0) {
    sections.push({ title: "Facts", body: factsOf(scalars), weight: 58 });
  }
  return sections
    .filter(({ body }) => body.text !== "")
    .map((section, index) => ({ section, index }))
    .sort((a, b) => a.section.weight - b.section.weight || a.index - b.index)
    .map(({ section }) => section);
}

function visit(path: readonly string[], value: unknown, record: RunRecord): Section[] {
  const name = path.at(-1) ?? "";
  if (placedElsewhere.has(name)) return [];
  const [title, weight] = headingOf(path);
  const known = presenters[name]?.(value, { path, record });
  if (known !== undefined) return [{ title, weight, body: known }];
  if (isRows(value)) return [{ title, weight, body: tableOf(title, value) }];
  if (Array.isArray(value)) return [{ title, weight, body: listSection(value) }];
  if (!isFields(value)) return [];
  return visitFields({ path, title, weight }, value, record);
}

function visitFields(
  { path, title, weight }: { path: readonly string[]; title: string; weight: number },
  fields: Fields,
  record: RunRecord,
): Section[] {
  const pair = sidesOf(fields);
  const own = Object.entries(fields).filter(
    ([name, value]) => isOwn(name, value) && !placedElsewhere.has(name),
  );
  const others = Object.entries(fields).filter(
    ([name, value]) => !isOwn(name, value) && !pair.includes(name),
  );
  const figures = path.at(-1) === "result" ? figuresOf(Object.fromEntries(own)) : none;
  const facts = figures === none ? own : own.filter(([name, value]) => !isFigure(name, value));
  return [
    { title, weight, body: html`${figures}${factsOf(Object.fromEntries(facts))}` },
    ...(pair.length === 0 ? [] : [sideSection(pair, fields, path)]),
    ...others.flatMap(([name, value]) => visit([...path, name], value, record)),
  ];
}

function isOwn(name: string, value: unknown): boolean {
  return isFact(value) && (isScalar(value) || !(name in headings));
}

/** A field with one value, or an object or a list of few of them. */
function isFact(value: unknown): boolean {
  if (isScalar(value)) return true;
  if (Array.isArray(value)) return value.length === 0 || (value.length <= fewValues && value.every(isScalar));
  return isFields(value) && Object.keys(value).length <= 3 && Object.values(value).every(isScalar);
}

/** The two databases of a document, which are shown in two columns. */
function sidesOf(fields: Fields): readonly string[] {
  const pairs = [
    ["source", "target"],
    ["neon", "rds"],
  ];
  return pairs.find((pair) => pair.every((name) => isFields(fields[name]))) ?? [];
}

function sideSection(pair: readonly string[], fields: Fields, path: readonly string[]): Section {
  const sides = pair.map((name) => fields[name]).filter(isFields);
  const names = [...new Set(sides.flatMap((side) => Object.keys(side)))];
  const rows = names
    .filter((name) => sides.some((side) => !isEmpty(side[name])))
    .map(
      (name) =>
        html`<tr>
          <th scope="row">${labelOf(name)}</th>
          ${sides.map((side) => html`<td>${valueOf(name, side[name])}</td>`)}
        </tr> `,
    );
  const [title, weight] = headingOf([...path, "source"]);
  return {
    title,
    weight,
    body: html`<div class="box" role="region" aria-label="${title}" tabindex="0">
      <table class="sides">
        <caption>
          ${title}
        </caption>
        <thead>
          <tr>
            <td></td>
            ${pair.map((name) => html`<th scope="col">${labelOf(name)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>`,
  };
}

function isEmpty(value: unknown): boolean {
  return (
    value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0)
  );
}

/** Below `sync`, which is the plan of a copy within a mode change, titles name it. */
function headingOf(path: readonly string[]): readonly [string, number] {
  const name = path.at(-1) ?? "";
  const [title, weight] = headings[name] ?? [labelOf(name), otherWeight];
  return path.slice(0, -1).includes("sync")
    ? [`Copy: ${title.toLowerCase()}`, weight + 0.5]
    : [title, weight];
}

function isFigure(name: string, value: unknown): boolean {
  return isNumeric(name, [value]);
}

/** The numbers of a result, large. */
function figuresOf(fields: Fields): Html {
  return pairsOf(
    "figures",
    Object.entries(fields).filter(([name, value]) => isFigure(name, value)),
  );
}

/** Names and values. */
function factsOf(fields: Fields): Html {
  return pairsOf(
    "facts",
    Object.entries(fields).filter(([, value]) => !isEmpty(value)),
  );
}

function pairsOf(kind: "figures" | "facts", pairs: readonly [string, unknown][]): Html {
  if (pairs.length === 0) return none;
  return html`<dl class="${kind}">
    ${pairs.map(
      ([name, value]) =>
        html`<div>
          <dt>${labelOf(name)}</dt>
          <dd>${valueOf(name, value)}</dd>
        </div>`,
    )}
  </dl>`;
}

function listSection(values: readonly unknown[]): Html {
  if (values.length === 0) return none;
  return html`<ul>
    ${values.map((value) => html`<li>${valueOf("", value)}</li>`)}
  </ul>`;
}
