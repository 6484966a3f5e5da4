/** Stops a mode change in which Terraform would delete or replace resources that hold data and should stay. */
import { dataLossRefused } from "../../errors.ts";
import { unexpectedLosses } from "../data-losses.ts";
import { lineAllowing, type Finding, type Guard, type GuardFacts } from "./guard.ts";

export const dataLossGuard = {
  id: "data-loss",
  commands: ["activate", "deactivate"],
  codes: [dataLossRefused.entry.code],
  allow: {
    summary: "Continue even if Terraform would delete or replace resources that hold data",
    meaning: "You have read the plan, and you do not need the data of these resources.",
  },
  check(facts: Pick<GuardFacts, "command" | "options" | "changes">): Finding[] {
    const losses = unexpectedLosses(facts.command, facts.changes);
    if (losses.length === 0) return [];
    const names = losses.map(({ name }) => name).join(", ");
    return [
      {
        refusal: dataLossRefused({ losses, anywayCommand: lineAllowing(facts, dataLossGuard.id) }),
        note: `data will be deleted: ${names} (--allow-data-loss)`,
      },
    ];
  },
} satisfies Guard;
