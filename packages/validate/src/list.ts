/** `--list`: every check with its title, its mode, and the checks that it needs. */
import { layOutTable, type Page } from "@pilot-light/core/output/layout";
import type { ListedCheck } from "./documents.ts";
import { modeName } from "./mode.ts";
import { registry } from "./registry.ts";

export function listChecks(): ListedCheck[] {
  return registry.map(({ id, title, needs, optional = false, mode }) => ({
    id,
    title,
    mode: mode ?? "both",
    needs,
    optional,
    page: `docs/checks/${id}.md`,
  }));
}

/** A table with a row for each check. */
export function listLines(checks: readonly ListedCheck[], page: Page): string[] {
  const rows = checks.map(({ id, title, mode, optional }) => {
    const when = optional ? `with --${id}` : mode === "both" ? mode : modeName(mode);
    return [id, when, title];
  });
  return layOutTable([{}, {}, { wraps: true }], rows, page, 0);
}
