/** The style of the lines of results, and which results are shown. */
import type { Printer } from "@pilot-light/core/output/printer";
import type { Check } from "../check.ts";
import type { CheckResult } from "../documents.ts";
import type { LineStyle } from "./lines.ts";

/** The page that describes a check of a validation. */
const pageOfCheck = (id: string) => `docs/checks/${id}.md`;

/** @param pages the page that describes a check */
export function styleOf(
  printer: Printer,
  checks: readonly Pick<Check, "id">[],
  pages: (id: string) => string = pageOfCheck,
): LineStyle {
  const { colors, interactive, verbose, page } = printer;
  const fancy = interactive && colors.isColorSupported;
  const width = Math.max(...checks.map(({ id }) => id.length));
  return { colors, fancy, verbose, width, page, pages, redact: (text) => printer.redactor.apply(text) };
}

/** Whether a result is shown. A check of the other mode is shown only if `--only` names it. */
export function isShown(
  { id, status }: CheckResult,
  selected: ReadonlySet<string>,
  verbose: boolean,
): boolean {
  return status !== "not-applicable" || verbose || selected.has(id);
}
