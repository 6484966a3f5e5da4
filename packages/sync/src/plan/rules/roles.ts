/** Rule: the target has the roles that the source's policies name. A sync never copies roles. */
import { defineError } from "@pilot-light/core/ops-error";
import type { Direction } from "../../direction.ts";
import type { DatabasesRule } from "./rule.ts";

const rolesMissing = defineError<{ direction: Direction; roles: readonly string[] }>({
  code: "ROLES_MISSING",
  failure: "precondition",
  meaning: "Policies of the source name roles that the target does not have.",
  remedy: "Create the roles on the target.",
  message: ({ direction, roles: missing }) =>
    `${direction.target} does not have these roles, which policies on ${direction.source} name: ${missing.join(", ")}.`,
  hint: ({ direction, roles: missing }) =>
    `Create the roles on ${direction.target}:  ${missing.map((role) => `create role "${role.replaceAll('"', '""')}" nologin;`).join(" ")}`,
});

export const roles: DatabasesRule = {
  id: "roles",
  needs: "databases",
  errors: { rolesMissing },
  check: ({ direction, source, target }) => {
    const missing = source.facts.policyRoles.filter((role) => !target.facts.roles.includes(role));
    return missing.length === 0 ? [] : [{ refusal: rolesMissing({ direction, roles: missing }) }];
  },
};
