/** Errors in the text that terraform prints for people. Only plan and apply print JSON, and not if they run in Terraform Cloud. */
import type { Diagnostic } from "./events.ts";
import { plainLine } from "@pilot-light/core/terraform/plain-text";

const start = /^(?<kind>Error|Warning): (?<summary>.*)$/;

/** Each error has all lines up to the next one. */
export function plainErrors(lines: readonly string[]): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const raw of lines) {
    const line = plainLine(raw);
    const { kind, summary } = start.exec(line)?.groups ?? {};
    const last = found.at(-1);
    if (kind !== undefined && summary !== undefined) {
      found.push({ severity: kind.toLowerCase(), summary, detail: "" });
    } else if (last !== undefined) {
      last.detail = `${last.detail}\n${line}`.trim();
    }
  }
  return found.filter(({ severity }) => severity === "error");
}
