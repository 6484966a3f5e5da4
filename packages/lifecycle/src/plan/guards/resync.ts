/** Stops a sync to RDS while the application runs and may write to RDS. */
import { resyncRefused } from "../../errors.ts";
import { againLine } from "../../journal/command-hints.ts";
import { lineAllowing, type Finding, type Guard, type GuardFacts } from "./guard.ts";

type Facts = Pick<
  GuardFacts,
  "command" | "options" | "activeNow" | "willSync" | "backendMayWrite" | "createsDatabase"
>;

export const resyncGuard = {
  id: "resync",
  commands: ["activate"],
  codes: [resyncRefused.entry.code],
  allow: {
    summary: "Sync even if the backend runs and may write to RDS during the sync",
    meaning: "You do not need the rows that the backend has written to RDS.",
  },
  check(facts: Facts): Finding[] {
    const { activeNow, backendMayWrite = false, willSync, createsDatabase = false, command, options } = facts;
    if (!willSync || createsDatabase || !(activeNow || backendMayWrite)) return [];
    const withoutSyncCommand = againLine(command, { ...options, syncData: undefined });
    return [
      {
        refusal: resyncRefused({ withoutSyncCommand, anywayCommand: lineAllowing(facts, resyncGuard.id) }),
        note: "the backend may write to RDS: the sync will replace these rows (--allow-resync)",
      },
    ];
  },
} satisfies Guard;
