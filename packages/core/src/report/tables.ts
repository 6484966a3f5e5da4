/** Tables of rows that are objects: a column for each field, numbers to the right. A wide table scrolls in its own box. */
import { html, none, type Html } from "./html.ts";
import { isNumeric, labelOf, valueOf, type Fields } from "./values.ts";

/** More rows than this scroll in their box. */
const mostRows = 60;

/**
 * A table. The first column names its rows.
 * @param caption what the table lists
 * @param rows fields that no row has are left out
 * @param total a last row with sums
 */
export function tableOf(caption: string, rows: readonly Fields[], total?: Fields): Html {
  const names = [
    ...new Set([...rows, ...(total === undefined ? [] : [total])].flatMap((row) => Object.keys(row))),
  ];
  const [first = "", ...others] = names.filter((name) => rows.some((row) => !isMissing(row[name])));
  if (first === "") return none;
  const numeric = new Set(
    others.filter((name) =>
      isNumeric(
        name,
        rows.map((row) => row[name]),
      ),
    ),
  );
  const kind = (name: string) => (numeric.has(name) ? "number" : "word");
  const line = (row: Fields) =>
    html`<tr>
      <th scope="row">${valueOf(first, row[first])}</th>
      ${others.map((name) => html`<td class="${kind(name)}">${valueOf(name, row[name])}</td>`)}
    </tr> `;
  return html`<div
    class="box${rows.length > mostRows ? " long" : ""}"
    role="region"
    aria-label="${caption}"
    tabindex="0"
  >
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          <th scope="col">${labelOf(first)}</th>
          ${others.map((name) => html`<th scope="col" class="${kind(name)}">${labelOf(name)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(line)}
      </tbody>
      ${
        total === undefined
          ? none
          : html`<tfoot>
              ${line(total)}
            </tfoot>`
      }
    </table>
  </div>`;
}

function isMissing(value: unknown): boolean {
  return (
    value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0)
  );
}
