/** `--list`: every check with what it makes sure of, in which mode, and after what. */
import type { Check } from "./check.ts";
import { registry } from "./registry.ts";

export interface ListedCheck {
  id: string;
  title: string;
  mode: string;
  needs: readonly string[];
  optional: boolean;
  page: string;
}

export function listChecks(): ListedCheck[] {
  return registry.map(({ id, title, needs, optional = false, mode }) => ({
    id,
    title,
    mode: modeOf(mode),
    needs,
    optional,
    page: `docs/checks/${id}.md`,
  }));
}

function modeOf(mode: Check["mode"]): string {
  return mode === undefined ? "both" : mode === "active" ? "active" : "pilot light";
}

/** One line for each check, columns aligned. */
export function listLines(checks: readonly ListedCheck[]): string[] {
  const width = Math.max(...checks.map(({ id }) => id.length));
  return checks.map(({ id, title, mode, optional }) => {
    const when = optional ? `with --${id}` : mode;
    return `${id.padEnd(width)}  ${when.padEnd(12)}  ${title}`;
  });
}
