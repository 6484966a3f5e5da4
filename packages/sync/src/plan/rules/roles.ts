/** Rule: the target has the roles that policies and user mappings of the source name. A sync never copies roles. */
import { defineError } from "@pilot-light/core/ops-error";
import { ident } from "@pilot-light/core/postgres/identifiers";
import type { Direction } from "../../direction.ts";
import type { DatabasesRule } from "./rule.ts";

const rolesMissing = defineError<{ direction: Direction; roles: readonly string[]; by: readonly string[] }>({
  code: "ROLES_MISSING",
  failure: "precondition",
  meaning: "Policies or user mappings of the source name roles that the target does not have.",
  remedy: "Create the roles on the target.",
  message: ({ direction, roles: missing, by }) =>
    `${direction.target} does not have these roles, which ${by.join(" and ")} on ${direction.source} name: ${missing.join(", ")}.`,
  hint: ({ direction, roles: missing }) =>
    `Create the roles on ${direction.target}:  ${missing.map((role) => `create role ${ident(role)} nologin;`).join(" ")}`,
});

export const roles: DatabasesRule = {
  id: "roles",
  needs: "databases",
  errors: { rolesMissing },
  check: ({ direction, source, target }) => {
    const missing = source.facts.namedRoles.filter(({ role }) => !target.facts.roles.includes(role));
    if (missing.length === 0) return [];
    const names = [...new Set(missing.map(({ role }) => role))];
    const by = [...new Set(missing.map((named) => named.by))];
    return [{ refusal: rolesMissing({ direction, roles: names, by }) }];
  },
};
