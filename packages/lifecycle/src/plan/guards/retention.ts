/** Stops a command whose plan would make AWS delete data earlier than now: dumps that `sync undo` and a restore need, backups, logs, images. */
import { retentionShortened } from "../../errors.ts";
import { shorterRetentions } from "../retention.ts";
import { lineAllowing, type Finding, type Guard, type GuardFacts } from "./guard.ts";

export const retentionGuard = {
  id: "shorter-retention",
  commands: ["activate", "deactivate", "infra:deploy", "infra:adopt"],
  codes: [retentionShortened.entry.code],
  allow: {
    summary: "Continue even if AWS would delete dumps, backups, logs or images earlier than now",
    meaning: "You need nothing that is older than the new retention, or have copied it.",
  },
  check(facts: Pick<GuardFacts, "command" | "options" | "contents" | "expiring">): Finding[] {
    const changes = facts.contents === undefined ? [] : shorterRetentions(facts.contents);
    if (changes.length === 0) return [];
    const anywayCommand = lineAllowing(facts, retentionGuard.id);
    const what = changes.map((change) => `${change.what}: ${change.to}`).join(", ");
    return [
      {
        refusal: retentionShortened({ changes, dumps: facts.expiring ?? [], anywayCommand }),
        note: `AWS will delete data earlier: ${what} (--allow-shorter-retention)`,
      },
    ];
  },
} satisfies Guard;
