/** Rule: the role of the sync may give each new object the owner that the object has on the target. */
import { plural } from "@pilot-light/core/output/format";
import { defineError } from "@pilot-light/core/ops-error";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import { ident } from "@pilot-light/core/postgres/identifiers";
import { isGiven, keyOf, type ObjectPrivileges } from "../../target/privileges.ts";
import type { DatabasesFacts, DatabasesRule, Finding } from "./rule.ts";

const ownerNotAssignable = defineError<{
  system: DatabaseSystem;
  role: string;
  objects: readonly { name: string; owner: string }[];
  commands: readonly string[];
}>({
  code: "OWNER_NOT_ASSIGNABLE",
  failure: "precondition",
  meaning:
    "Objects of the target belong to another role. The role of the sync may not make that role the owner of the new objects.",
  remedy: "Run the commands of the hint as an administrator: they grant the role, or the privilege CREATE.",
  message: ({ system, role, objects }) => {
    const owners = [...new Set(objects.map(({ owner }) => owner))].join(", ");
    return `${system}: ${plural(objects.length, "object")} of the target ${objects.length === 1 ? "belongs" : "belong"} to ${owners}, and the role ${role} may not give the new ${objects.length === 1 ? "object" : "objects"} to this owner.`;
  },
  details: ({ objects }) => objects.map(({ name, owner }) => `${name} belongs to ${owner}`),
  hint: ({ commands }) => `As an administrator:  ${commands.join(" ")}`,
});

export const owners: DatabasesRule = {
  id: "owners",
  needs: "databases",
  errors: { ownerNotAssignable },
  check: ({ direction, target, privileges }) => {
    const { role, superuser } = target.facts;
    if (superuser) return [];
    const { roles } = privileges;
    const changed = sharedObjects(privileges).filter(({ alter, owner }) => alter !== null && owner !== role);
    const isAssignable = ({ owner }: ObjectPrivileges) => roles.get(owner)?.assignable === true;
    const refused = changed.filter(
      (object) => !isGiven(object) && !(isAssignable(object) && object.mayCreate),
    );
    // The platform owns the object in every database of the server.
    const isUsual = ({ owner }: ObjectPrivileges) =>
      owner === "pg_database_owner" || roles.get(owner)?.superuser === true;
    const lost = changed.filter(
      (object) =>
        isGiven(object) &&
        !isUsual(object) &&
        !(isAssignable(object) && mayChange(object, target.facts, roles)),
    );
    const findings: Finding[] = [];
    if (refused.length > 0) {
      findings.push({
        refusal: ownerNotAssignable({
          system: direction.target,
          role,
          objects: refused.map(({ alter, on, owner }) => ({ name: alter ?? on, owner })),
          commands: [...new Set(refused.map((object) => commandFor(object, role, roles)))],
        }),
      });
    }
    if (lost.length > 0) {
      const names = lost.map(({ on, owner }) => `${on} (${owner})`).join(", ");
      findings.push({ note: `the role ${role} may not give these objects to their owners: ${names}` });
    }
    return findings;
  },
};

type Roles = DatabasesFacts["privileges"]["roles"];

function commandFor(object: ObjectPrivileges, role: string, roles: Roles): string {
  const { alter, on, owner, schema, kind } = object;
  const facts = roles.get(owner);
  // A member of a superuser could do everything on the server.
  if (facts?.superuser === true) return `alter ${alter ?? on} owner to ${ident(role)};`;
  if (facts?.assignable !== true) return `grant ${ident(owner)} to ${ident(role)};`;
  return schema === null || kind === "schemas"
    ? `alter ${alter ?? on} owner to ${ident(role)};`
    : `grant create on schema ${ident(schema)} to ${ident(owner)};`;
}

/**
 * Objects of the target that the source has too. Members of an extension count if the source has the extension, in any version. `alter` is null
 * if the new object will have the owner of another object: a sequence that belongs to a column of the source.
 */
export function sharedObjects({ source, target }: DatabasesFacts["privileges"]): ObjectPrivileges[] {
  const keys = new Map(source.objects.map((object) => [keyOf(object), object]));
  // A column is listed only if it has privileges.
  const tables = new Set(source.objects.map(({ on }) => on));
  const extensions = new Set(source.objects.map(({ extension }) => extension));
  const shared = target.objects.filter((object) =>
    object.extension === null
      ? keys.has(keyOf(object)) || (object.column !== null && tables.has(object.on))
      : extensions.has(object.extension),
  );
  return shared.map((object) => {
    const other = keys.get(keyOf(object));
    return other === undefined ? object : { ...object, alter: other.alter && (object.alter ?? other.alter) };
  });
}

/** Whether the role will be able to change an object that CREATE DATABASE or CREATE EXTENSION creates in the new database. */
export function mayChange(
  { extension, owner }: Pick<ObjectPrivileges, "extension" | "owner">,
  { superuser, major, trusted }: DatabasesFacts["target"]["facts"],
  roles: Roles,
): boolean {
  if (superuser) return true;
  const facts = roles.get(owner);
  // The schema public belongs to the owner of the database from version 15 on. Servers that were upgraded to it are the exception.
  if (extension === null) return major >= 15 && facts?.superuser !== true;
  return facts?.usable === true && !trusted.includes(extension);
}
