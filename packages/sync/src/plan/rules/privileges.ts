/** Rule: the new database gives no role more access than the target. The plan names other privileges that the role may not carry over. */
import { defineError } from "@pilot-light/core/ops-error";
import { plural } from "@pilot-light/core/output/format";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import { ident } from "@pilot-light/core/postgres/identifiers";
import {
  changes,
  isClosed,
  isGiven,
  keyOf,
  nameOf,
  type DefaultPrivilege,
  type Grant,
} from "../../target/privileges.ts";
import { mayChange, sharedObjects } from "./owners.ts";
import type { DatabasesFacts, DatabasesRule } from "./rule.ts";

const revokeNotCarried = defineError<{ system: DatabaseSystem; role: string; lost: readonly string[] }>({
  code: "REVOKE_NOT_CARRIED",
  failure: "precondition",
  meaning:
    "Somebody revoked privileges on the target. The role of the sync cannot revoke them in the new database, so more roles would have access.",
  remedy:
    "To sync anyway, add `--allow-wider-access`. After the sync, an administrator has to revoke the privileges again.",
  message: ({ system, role, lost }) =>
    `${system}: somebody revoked ${plural(lost.length, "privilege")} on the target, which the role ${role} cannot revoke in the new database.`,
  details: ({ lost }) => lost,
  hint: () => "If you sync anyway, an administrator has to run the listed commands after the sync.",
});

export const privileges: DatabasesRule<"allow-wider-access"> = {
  id: "privileges",
  needs: "databases",
  errors: { revokeNotCarried },
  allow: {
    option: "allow-wider-access",
    describe: "Sync even if the new database grants privileges that somebody revoked on the target",
    meaning:
      "An administrator revoked privileges on members of an extension or on the schema public, or changed default privileges, and will do so again after the sync.",
  },
  check: (facts) => {
    const { direction, inPlace, target, privileges: found } = facts;
    const stays = ({ on, extension }: { on: string; extension: string | null }) =>
      inPlace !== undefined && (on === "schema public" || inPlace.staying.includes(extension ?? ""));
    const { roles } = found;
    const present = found.target.objects;
    const fixed = sharedObjects(found).filter(
      (object) => isGiven(object) && !stays(object) && !mayChange(object, target.facts, roles),
    );
    const known = new Set(present.map(keyOf));
    const closed = found.source.objects.filter(
      (object) =>
        object.extension !== null &&
        isClosed(object) &&
        !known.has(keyOf(object)) &&
        target.facts.available.includes(object.extension) &&
        !target.facts.superuser,
    );
    const { lost: lostDefaults, noted: notedDefaults } = defaultChanges(facts);
    const lost = [
      ...fixed.flatMap((object) => changes(object).revoked.map((grant) => revoke(object, grant))),
      ...closed.flatMap((object) =>
        changes(object)
          .revoked.filter(({ grantee }) => grantee === null)
          .map((grant) => revoke(object, grant)),
      ),
      ...lostDefaults,
    ];
    const granted = fixed.flatMap((object) =>
      changes(object).granted.map((grant) => `${grant.privilege} on ${nameOf(object)} to ${grantee(grant)}`),
    );
    const { role } = target.facts;
    return [
      ...(lost.length > 0 ? [{ refusal: revokeNotCarried({ system: direction.target, role, lost }) }] : []),
      ...(granted.length > 0
        ? [{ note: `the role ${role} may not grant these privileges again: ${granted.join(", ")}` }]
        : []),
      ...(notedDefaults.length > 0
        ? [
            {
              note: `default privileges of roles to which ${role} does not belong are not carried over: ${notedDefaults.join(", ")}`,
            },
          ]
        : []),
    ];
  },
};

function grantee({ grantee: name }: Grant): string {
  return name === null ? "public" : ident(name);
}

function revoke(object: { on: string; column: string | null }, grant: Grant): string {
  const part = object.column === null ? "" : ` (${ident(object.column)})`;
  return `revoke ${grant.privilege.toLowerCase()}${part} on ${object.on} from ${grantee(grant)};`;
}

/** What PUBLIC gets by default, by kind. */
const publicByDefault = new Map([
  ["routines", "execute"],
  ["types", "usage"],
]);

/** Default privileges of roles to which the role does not belong. */
function defaultChanges({ inPlace, privileges: { source, target, roles } }: DatabasesFacts) {
  // In place, only the default privileges of a schema end, together with the schema.
  const ends = ({ schema }: DefaultPrivilege) =>
    inPlace === undefined || (schema !== null && schema !== "public");
  const schemas = new Set(
    source.objects.filter(({ kind }) => kind === "schemas").map(({ schema }) => schema),
  );
  const out = target.defaults.filter(
    (each) =>
      ends(each) &&
      roles.get(each.role)?.usable !== true &&
      (each.schema === null || schemas.has(each.schema)),
  );
  const closes = ({ schema, kind, grants }: DefaultPrivilege) =>
    schema === null && publicByDefault.has(kind) && !grants.some((grant) => grant.grantee === null);
  return {
    lost: out
      .filter(closes)
      .map(
        ({ role, kind }) =>
          `alter default privileges for role ${ident(role)} revoke ${publicByDefault.get(kind) ?? "all"} on ${kind} from public;`,
      ),
    noted: out
      .filter((each) => !closes(each) || each.grants.some(({ owner }) => !owner))
      .map(({ role, schema, kind }) => `${role} (${kind}${schema === null ? "" : ` in schema ${schema}`})`),
  };
}
