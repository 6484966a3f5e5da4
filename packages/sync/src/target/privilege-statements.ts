/** The statements that give objects their wanted owners and privileges, and roles their default privileges. Pure. */
import { ident } from "@pilot-light/core/postgres/identifiers";
import { sameGrants, type DefaultPrivilege, type Grant } from "./privileges.ts";
import type { Wanted } from "./wanted-privileges.ts";

/** REVOKE and GRANT statements that replace the privileges on an object. */
export function grantStatements(
  on: string,
  column: string | null,
  current: { owner: string; grants: readonly Grant[] },
  wanted: readonly Grant[],
): string[] {
  const part = column === null ? "" : ` (${ident(column)})`;
  const name = granteeName(current.owner);
  return [
    ...[...new Set(current.grants.map(name))].map((grantee) => `revoke all${part} on ${on} from ${grantee}`),
    ...wanted.map(
      (grant) => `grant ${grant.privilege}${part} on ${on} to ${name(grant)}${withOption(grant)}`,
    ),
  ];
}

/** The statements that give an object its wanted owner and privileges. */
export function carryStatements({ current, object }: Wanted): string[] {
  return [
    ...(sameGrants(current.grants, object.grants)
      ? []
      : grantStatements(object.on, object.column, current, object.grants)),
    ...(object.alter !== null && object.owner !== current.owner
      ? [`alter ${object.alter} owner to ${ident(object.owner)}`]
      : []),
  ];
}

/** The statements that set the default privileges of a role. */
export function defaultStatements({ role, schema, kind, grants }: DefaultPrivilege): string[] {
  const where = schema === null ? "" : ` in schema ${ident(schema)}`;
  const alter = `alter default privileges for role ${ident(role)}${where}`;
  const name = granteeName(role);
  return [
    // A default for all schemas replaces the built-in one, which may give more.
    ...(schema === null ? [`${alter} revoke all on ${kind} from public, ${ident(role)}`] : []),
    ...grants.map(
      (grant) => `${alter} grant ${grant.privilege} on ${kind} to ${name(grant)}${withOption(grant)}`,
    ),
  ];
}

function granteeName(owner: string): (grant: Grant) => string {
  return (grant) => (grant.owner ? ident(owner) : grant.grantee === null ? "public" : ident(grant.grantee));
}

function withOption({ grantable, owner }: Grant): string {
  return grantable && !owner ? " with grant option" : "";
}
