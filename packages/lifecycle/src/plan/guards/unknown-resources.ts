/**
 * Stops a command whose plan would delete resources that an earlier version of the stack created, and that this version does not define.
 * Resources of other code have no flag: the check of the state refuses them (`STATE_FOREIGN`).
 */
import { unknownResourcesRefused } from "../../errors.ts";
import { lineAllowing, type Finding, type Guard, type GuardFacts } from "./guard.ts";

export const unknownResourcesGuard = {
  id: "unknown-resources",
  commands: ["activate", "deactivate", "infra:deploy"],
  codes: [unknownResourcesRefused.entry.code],
  allow: {
    summary: "Continue even if Terraform would delete resources that this version does not define",
    meaning:
      "An earlier version of the tool created these resources, and you do not need them. Resources that hold data also need `--allow-data-loss`.",
  },
  check(facts: Pick<GuardFacts, "command" | "options" | "unknown">): Finding[] {
    const { unknown = [] } = facts;
    if (unknown.length === 0) return [];
    const anywayCommand = lineAllowing(facts, unknownResourcesGuard.id);
    const names = unknown.map(({ name }) => name).join(", ");
    return [
      {
        refusal: unknownResourcesRefused({ resources: unknown, anywayCommand }),
        note: `not defined by this version, will be deleted: ${names} (--allow-unknown-resources)`,
      },
    ];
  },
} satisfies Guard;
