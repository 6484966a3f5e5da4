/** Rule: the target has no subscription, logical replication slot or prepared transaction, which a swap would lose. */
import { plural } from "@pilot-light/core/output/format";
import { defineError } from "@pilot-light/core/ops-error";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import type { DatabaseFacts } from "../../read/database-facts.ts";
import type { DatabasesRule } from "./rule.ts";

const targetPinned = defineError<{ system: DatabaseSystem; objects: readonly string[] }>({
  code: "TARGET_PINNED",
  failure: "precondition",
  meaning:
    "The target has subscriptions, logical replication slots or prepared transactions. They belong to one database, and a sync cannot move them to the database that replaces it.",
  remedy: "Drop the subscription or the replication slot, or finish the prepared transaction.",
  message: ({ system }) =>
    `${system}: the target has objects that a sync cannot move to the database that replaces it.`,
  details: ({ objects }) => objects,
  hint: () => "Drop these objects, or finish these transactions, then run the command again.",
});

/** The objects that a swap would lose. */
export function pinning({ subscriptions, logicalSlots, preparedTransactions }: DatabaseFacts): string[] {
  return [
    ...subscriptions.map((name) => `subscription ${name}`),
    ...logicalSlots.map((name) => `logical replication slot ${name}`),
    ...(preparedTransactions > 0 ? [plural(preparedTransactions, "prepared transaction")] : []),
  ];
}

export const pinnedTarget: DatabasesRule = {
  id: "pinned-target",
  needs: "databases",
  errors: { targetPinned },
  check: ({ direction, inPlace, target: { facts } }) => {
    if (inPlace !== undefined) return [];
    const objects = pinning(facts);
    if (objects.length === 0) return [];
    const refusal = targetPinned({ system: direction.target, objects });
    // The in-place method cannot help here: a prepared transaction holds its locks until a person finishes it.
    return facts.preparedTransactions > 0 ? [{ refusal }] : [{ refusal, avoidedBy: "in-place" }];
  },
};
