/** Stops a command whose plan would delete or replace resources that hold data and that it should keep. */
import { dataLossRefused } from "../../errors.ts";
import { dataOf } from "../../terraform/data-holders.ts";
import { unexpectedLosses } from "../data-losses.ts";
import { lineAllowing, type Finding, type Guard, type GuardFacts } from "./guard.ts";

type Facts = Pick<
  GuardFacts,
  "command" | "options" | "changes" | "stackFolder" | "activeNow" | "activeAfter" | "unfinished"
>;

export const dataLossGuard = {
  id: "data-loss",
  commands: ["activate", "deactivate", "infra:deploy"],
  codes: [dataLossRefused.entry.code],
  allow: {
    summary: "Continue even if Terraform would delete or replace resources that hold data",
    meaning: "You have read the plan, and you do not need the data of these resources.",
  },
  check(facts: Facts): Finding[] {
    const {
      command,
      changes,
      stackFolder = "<folder of the stack>",
      activeNow,
      activeAfter,
      unfinished,
    } = facts;
    const deactivates = command === "deactivate" || (activeNow && activeAfter === false);
    const losses = unexpectedLosses(command, changes, deactivates);
    if (losses.length === 0) return [];
    const names = losses.map(({ name }) => name).join(", ");
    const described = losses.map((loss) => ({ ...loss, holds: dataOf(loss.type) ?? "" }));
    return [
      {
        refusal: dataLossRefused({
          losses: described,
          stackFolder,
          // The outputs already describe the wanted mode, so the remaining deletions of that mode change look like a loss.
          resumeCommand: unfinished === undefined ? undefined : `pnpm ${unfinished} --resume`,
          deletesDatabase: command === "infra:deploy" && losses.some(isDatabaseOfMode),
          anywayCommand: lineAllowing(facts, dataLossGuard.id),
        }),
        note: `data will be deleted: ${names} (--allow-data-loss)`,
      },
    ];
  },
} satisfies Guard;

/** The instance of an environment whose database exists in active mode only: `pnpm deactivate` deletes it after a copy. */
function isDatabaseOfMode({ type, action }: GuardFacts["changes"][number]): boolean {
  return type === "aws_db_instance" && action === "destroy";
}
