/**
 * Rule: the target is the database that the last sync or undo put there. A person may have recreated it by hand; the sync then drops none of
 * the previous targets.
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
    describe: "Sync even if a person created the target again while a previous target is kept",
    meaning:
      "You created or renamed the target on purpose. The sync replaces it as usual, and drops no previous target; `sync undo` returns to the database that you created.",
  },
  check: ({ target: { facts }, targetState }) =>
    targetState.kind === "recreated" ? [{ refusal: unclear(facts.database, targetState) }] : [],
};
