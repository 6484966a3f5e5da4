/** Rule: the role on the target may create a staging database and rename the target. */
import { defineError } from "@pilot-light/core/ops-error";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import { ident } from "@pilot-light/core/postgres/identifiers";
import type { DatabasesRule } from "./rule.ts";

interface TargetRole {
  system: DatabaseSystem;
  role: string;
}

const noCreatedb = defineError<TargetRole>({
  code: "NO_CREATEDB",
  failure: "precondition",
  meaning: "The role on the target may not create databases, so the sync cannot create a staging database.",
  remedy: "As an administrator: `alter role <role> createdb;`.",
  message: ({ system, role }) =>
    `${system}: the role ${role} may not create databases, so the sync cannot create a staging database.`,
  hint: ({ role }) => `As an administrator:  alter role ${ident(role)} createdb;`,
});

const notOwner = defineError<TargetRole & { database: string; owner: string }>({
  code: "NOT_OWNER",
  failure: "precondition",
  meaning: "The role on the target does not own the database. Only the owner can rename it.",
  remedy: "As an administrator: `alter database <database> owner to <role>;`.",
  message: ({ system, role, database, owner }) =>
    `${system}: the role ${role} does not own the database ${database}. Only its owner ${owner} can rename it.`,
  hint: ({ role, database }) =>
    `As an administrator:  alter database ${ident(database)} owner to ${ident(role)};`,
});

export const stagingDatabase: DatabasesRule = {
  id: "staging-database",
  needs: "databases",
  errors: { noCreatedb, notOwner },
  check: ({ direction, inPlace, target: { facts } }) => {
    if (inPlace !== undefined) return [];
    const { createdb, owns, role, database, owner } = facts;
    const system = direction.target;
    const avoidedBy = "in-place" as const;
    return [
      ...(createdb ? [] : [{ refusal: noCreatedb({ system, role }), avoidedBy }]),
      ...(owns ? [] : [{ refusal: notOwner({ system, role, database, owner }), avoidedBy }]),
    ];
  },
};
