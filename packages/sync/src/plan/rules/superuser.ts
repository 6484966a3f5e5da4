/** Rule: the role of the sync may create every object of the source. Some kinds of objects are reserved for superusers. */
import { plural, shortList } from "@pilot-light/core/output/format";
import { defineError } from "@pilot-light/core/ops-error";
import type { Direction } from "../../direction.ts";
import type { DatabasesRule } from "./rule.ts";

const superuserNeeded = defineError<{ direction: Direction; role: string; objects: readonly string[] }>({
  code: "SUPERUSER_NEEDED",
  failure: "precondition",
  meaning:
    "The source has objects that only a superuser may create, such as operator classes, functions in C or leakproof functions. The role of the sync on the target is not a superuser.",
  remedy:
    "Remove the objects from the source, or make a leakproof function an ordinary one: `alter function ... not leakproof;`.",
  message: ({ direction, role, objects }) =>
    `${direction.source} has ${plural(objects.length, "object")} that only a superuser may create. The role ${role} on ${direction.target} is not a superuser.`,
  details: ({ objects }) => shortList(objects),
  hint: ({ direction, objects }) =>
    objects.every((object) => object.endsWith("(leakproof)"))
      ? `On ${direction.source}:  alter function ... not leakproof;`
      : `On ${direction.source}, drop the objects, or make them members of an extension that ${direction.target} offers.`,
});

export const superuser: DatabasesRule = {
  id: "superuser",
  needs: "databases",
  errors: { superuserNeeded },
  check: ({ direction, source, target }) => {
    const { role, superuser: isSuperuser } = target.facts;
    const { privilegedObjects: objects } = source.facts;
    if (isSuperuser || objects.length === 0) return [];
    return [{ refusal: superuserNeeded({ direction, role, objects }) }];
  },
};
