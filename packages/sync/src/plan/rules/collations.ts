/** Rule: the target's server has the collations of the operating system that the source uses. A dump does not contain them. */
import { defineError } from "@pilot-light/core/ops-error";
import type { Direction } from "../../direction.ts";
import type { DatabasesRule } from "./rule.ts";

const collationsMissing = defineError<{ direction: Direction; collations: readonly string[] }>({
  code: "COLLATIONS_MISSING",
  failure: "precondition",
  meaning:
    "Columns, indexes or other objects of the source use collations that the operating system of the target's server does not have.",
  remedy: "In the source, use a collation that both servers have: an ICU collation, such as `en-US-x-icu`.",
  message: ({ direction, collations }) =>
    `${direction.target} does not have these collations, which objects on ${direction.source} use: ${collations.join(", ")}.`,
  hint: ({ direction }) =>
    `On ${direction.source}, use another collation. To list the collations of ${direction.target}:  select collname from pg_collation;`,
});

export const collations: DatabasesRule = {
  id: "collations",
  needs: "databases",
  errors: { collationsMissing },
  check: ({ direction, source, target }) => {
    const missing = source.facts.usedCollations.filter((name) => !target.facts.collations.includes(name));
    return missing.length === 0 ? [] : [{ refusal: collationsMissing({ direction, collations: missing }) }];
  },
};
