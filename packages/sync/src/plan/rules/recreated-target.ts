/**
 * Rule: the last sync or undo created the target. A person may have created it again by hand. The sync then drops no previous target.
 */
import { targetUnclear } from "../../errors.ts";
import { unclear } from "../../target/target-state.ts";
import type { DatabasesRule } from "./rule.ts";

export const recreatedTarget: DatabasesRule<"allow-recreated-target"> = {
  id: "recreated-target",
  needs: "databases",
  errors: { targetUnclear },
  allow: {
    option: "allow-recreated-target",
    describe: "Sync even if a person created the target again; keep all previous targets",
    meaning:
      "You created or renamed the target on purpose. The sync replaces it as usual, and drops no previous target. `sync undo` returns to the database that you created.",
  },
  check: ({ target: { facts }, targetState }) =>
    targetState.kind === "recreated" ? [{ refusal: unclear(facts.database, targetState) }] : [],
};
