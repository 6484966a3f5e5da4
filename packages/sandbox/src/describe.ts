/** The parts of a sandbox as lines for people. */
import type { PartStatus } from "./status.ts";

/** One line per part: sign, name, state, address. */
export function describeParts(parts: readonly PartStatus[]): string[] {
  return parts.map(({ part, description, address, pid, answers }) => {
    const process = pid === undefined ? "not running" : `process ${pid}`;
    const works = answers ? "answers" : "does not answer";
    return `  ${answers ? "ok  " : "FAIL"} ${part.padEnd(5)} ${address.padEnd(23)} ${process}, ${works}   ${description}`;
  });
}
