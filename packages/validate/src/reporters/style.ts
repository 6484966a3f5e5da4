/** How lines look on a console, and which results are shown there at all. */
import type { Printer } from "@pilot-light/core/output/printer";
import type { Check } from "../check.ts";
import type { CheckResult } from "../result.ts";
import type { LineStyle } from "./lines.ts";

export function styleOf(printer: Printer, checks: readonly Pick<Check, "id">[]): LineStyle {
  const { colors, interactive, verbose } = printer;
  const fancy = interactive && colors.isColorSupported;
  return { colors, fancy, verbose, width: Math.max(...checks.map(({ id }) => id.length)) };
}

/** Checks of the other mode are shown when they were asked for. */
export function isShown(
  { id, status }: CheckResult,
  selected: ReadonlySet<string>,
  verbose: boolean,
): boolean {
  return status !== "not-applicable" || verbose || selected.has(id);
}
