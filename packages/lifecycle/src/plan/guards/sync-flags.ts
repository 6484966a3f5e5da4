/**
 * The flags of the sync: a mode change with `--sync-data` has the same ones. The sync itself checks its rules, and its refusals name the
 * mode change with the flag. A new rule of the sync needs no entry here.
 */
import { allowances } from "@pilot-light/sync/rules";
import type { Guard } from "./guard.ts";

export const syncGuards: readonly Guard[] = allowances.map(({ option, codes, describe, meaning }) => ({
  id: guardOf(option),
  commands: ["activate", "deactivate"],
  codes,
  allow: { summary: describe, meaning },
  check: () => [],
}));

/** The id of the guard for a flag of the sync: "allow-shrink" -> "shrink". */
export function guardOf(option: string): string {
  return option.replace(/^allow-/, "");
}
