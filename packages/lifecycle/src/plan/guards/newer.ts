/**
 * Stops a sync that would replace rows that only the target has. Production reads Neon, so the guard is stricter there: if no copy is
 * recorded, it assumes that Neon has such rows.
 */
import { targetNewer } from "../../errors.ts";
import { lineAllowing, type Finding, type Guard, type GuardFacts } from "./guard.ts";

export const newerGuard = {
  id: "newer",
  commands: ["activate", "deactivate"],
  codes: [targetNewer.entry.code],
  allow: {
    summary: "Sync even if the target has, or may have, rows that are newer than the last copy",
    meaning: "You do not need the newer rows of the target. S3 keeps a dump of them for 30 days.",
  },
  check(facts: Pick<GuardFacts, "command" | "options" | "divergence">): Finding[] {
    const { command, divergence } = facts;
    if (divergence === null) return [];
    const target = command === "activate" ? "RDS" : "Neon";
    const { changed } = command === "activate" ? divergence.rds : divergence.neon;
    const equalAt = changed === null ? undefined : divergence.last?.at;
    if (equalAt === undefined && command === "activate") return [];
    const tables = equalAt === undefined ? [] : (changed ?? []);
    if (equalAt !== undefined && tables.length === 0) return [];
    const anywayCommand = lineAllowing(facts, newerGuard.id);
    const refusal = targetNewer({ target, equalAt, changed: tables, anywayCommand });
    const notes =
      equalAt === undefined
        ? [`no copy is recorded: rows that only ${target} has will be replaced (--allow-newer)`]
        : tables.map((table) => `newer in ${target}, will be replaced: ${table}`);
    return notes.map((note) => ({ refusal, note }));
  },
} satisfies Guard;
