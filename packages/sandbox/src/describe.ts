/** Prints the parts of a sandbox as lines. */
import type { PartStatus } from "./status.ts";

/** One line for each part: sign, name, address, state, description. */
export function describeParts(parts: readonly PartStatus[]): string[] {
  return parts.map(({ part, description, address, pid, answers }) => {
    const process = pid === undefined ? "not running" : `process ${pid}`;
    const works = answers ? "answers" : "does not answer";
    return `  ${answers ? "ok  " : "FAIL"} ${part.padEnd(5)} ${address.padEnd(23)} ${process}, ${works}   ${description}`;
  });
}
