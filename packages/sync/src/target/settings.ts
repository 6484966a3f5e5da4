/** Reads the settings of the target that a new database does not have, and applies them: owner, privileges, parameters, limit, comment. */
import { settleAll } from "@pilot-light/core/async/settle";
import { messageOf } from "@pilot-light/core/ops-error";
import { ident, literal } from "@pilot-light/core/postgres/identifiers";
import type { Session } from "@pilot-light/core/postgres/session";
import { sqlState, sqlStateOf } from "@pilot-light/core/postgres/sql-state";
import { joinComment, splitComment, type CopyMark } from "../read/copy-mark.ts";
import { settingsNotCarried } from "../errors.ts";
import { grantStatements } from "./privilege-statements.ts";
import { sameGrants, type Grant, type Privileges } from "./privileges.ts";
import { grantsOf, readPrivileges } from "./read-privileges.ts";

/** Everything that a sync copies from the target to the new database. */
export interface TargetSettings {
  owner: string;
  connectionLimit: number;
  /** Without the mark, which describes the target and not the new database. */
  comment: string | null;
  privileges: Grant[];
  /** `ALTER DATABASE SET` (role null) and `ALTER ROLE IN DATABASE SET`. */
  parameters: { role: string | null; name: string; value: string }[];
  objects: Privileges;
}

const databaseQuery = `
  select pg_catalog.pg_get_userbyid(d.datdba) as owner, d.datconnlimit as "connectionLimit",
         pg_catalog.shobj_description(d.oid, 'pg_database') as comment,
         ${grantsOf("coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))", "d.datdba")} as privileges,
         (select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
              'role', r.rolname, 'name', pg_catalog.split_part(c, '=', 1), 'value', pg_catalog.substr(c, pg_catalog.strpos(c, '=') + 1))), '[]')
            from pg_catalog.pg_db_role_setting s cross join lateral pg_catalog.unnest(s.setconfig) c
            left join pg_catalog.pg_roles r on r.oid = s.setrole
           where s.setdatabase = d.oid) as parameters
    from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()`;

/** Reads the settings of the session's database. */
export async function readTargetSettings(target: Session): Promise<TargetSettings> {
  const [database, objects] = await settleAll([
    target.one<Omit<TargetSettings, "objects">>(databaseQuery),
    readPrivileges(target),
  ]);
  const { comment } = splitComment(database.comment);
  return { ...database, comment, objects };
}

/**
 * Applies the settings to another database of the same server.
 * @param mark why the other database is a changed copy
 * @throws OpsError SETTINGS_NOT_CARRIED (target)
 */
export async function applyDatabaseSettings(
  maintenance: Session,
  database: string,
  settings: TargetSettings,
  mark: CopyMark | undefined,
): Promise<void> {
  const name = ident(database);
  const comment = joinComment(settings.comment, mark);
  const current = await maintenance.one<{ owner: string; privileges: Grant[] }>(
    `select pg_catalog.pg_get_userbyid(d.datdba) as owner,
            ${grantsOf("coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))", "d.datdba")} as privileges
       from pg_catalog.pg_database d where d.datname = $1`,
    [database],
  );
  const statements = [
    ...(sameGrants(current.privileges, settings.privileges)
      ? []
      : grantStatements(
          `database ${name}`,
          null,
          { owner: current.owner, grants: current.privileges },
          settings.privileges,
        )),
    `alter database ${name} connection limit ${settings.connectionLimit}`,
    `comment on database ${name} is ${comment === null ? "null" : literal(comment)}`,
    ...(current.owner === settings.owner ? [] : [`alter database ${name} owner to ${ident(settings.owner)}`]),
  ];
  // The parameters are set first: afterwards, the database may belong to another role.
  for (const { role, name: parameter, value } of settings.parameters) {
    const whose = role === null ? `alter database ${name}` : `alter role ${ident(role)} in database ${name}`;
    const set = `${whose} set ${ident(parameter)} to`;
    await maintenance.query(`${set} ${parameterValue(parameter, value)}`).catch((cause: unknown) => {
      // Values are often secrets, and the server's message may repeat one. So the error contains neither of them, and has no cause.
      const reason = `the server rejected it with SQLSTATE ${sqlStateOf(cause) ?? "unknown"}`;
      throw settingsNotCarried({ reason, statement: `${set} ...` });
    });
  }
  await maintenance.query(statements.join("; ")).catch(async (error: unknown) => {
    if (sqlStateOf(error) !== sqlState.insufficientPrivilege) throw error;
    // None of the statements took effect. Run one after the other, they show which of them the server rejects.
    for (const statement of statements) {
      await maintenance.query(statement).catch((cause: unknown) => {
        throw settingsNotCarried({ reason: messageOf(cause), statement }, { cause });
      });
    }
  });
}

/** Parameters whose value is a list of names, stored quoted (`GUC_LIST_QUOTE`): each is a separate value. */
const listParameters = new Set([
  "search_path",
  "temp_tablespaces",
  "session_preload_libraries",
  "local_preload_libraries",
  "shared_preload_libraries",
  "unix_socket_directories",
]);

function parameterValue(name: string, value: string): string {
  if (!listParameters.has(name.toLowerCase())) return literal(value);
  // `"$user", public`; an empty list is stored as `""`, which SET does not accept in this form.
  const names = [...value.matchAll(/"((?:[^"]|"")*)"|[^,\s]+/g)];
  return names.map(([word, quoted]) => literal(quoted?.replaceAll('""', '"') ?? word)).join(", ");
}
