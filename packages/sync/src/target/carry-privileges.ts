/** Gives the target's owners, privileges and default privileges to the objects of the staging database, and verifies the result. */
import { settleAll } from "@pilot-light/core/async/settle";
import { messageOf } from "@pilot-light/core/ops-error";
import { sqlState, sqlStateOf } from "@pilot-light/core/postgres/sql-state";
import type { Session } from "@pilot-light/core/postgres/session";
import { privilegesNotCarried } from "../errors.ts";
import {
  carryStatements,
  defaultStatements,
  keyOf,
  nameOf,
  sameGrants,
  wantedPrivileges,
  type DefaultPrivilege,
  type ObjectPrivileges,
  type Privileges,
  type Wanted,
} from "./privileges.ts";
import { readObjectPrivileges, readRoles } from "./read-privileges.ts";

export interface CarryOptions {
  /** Keys of the objects of the source that PUBLIC may not use. If such an object is new on the target, PUBLIC may not use it there either. */
  closed: ReadonlySet<string>;
  /** Whether a REVOKE on an object that the role may not change may be lost. */
  allowWiderAccess: boolean;
}

/**
 * Gives the target's owners and privileges to the objects of the staging database. An object that the target does not have gets the
 * default privileges of the target, as if the role of the sync had created it there.
 * @throws OpsError PRIVILEGES_NOT_CARRIED (target) if the result is not complete
 */
export async function carryPrivileges(
  staging: Session,
  target: Privileges,
  { closed, allowWiderAccess }: CarryOptions,
): Promise<void> {
  const largeObjects = target.objects.filter(({ kind }) => kind === "large objects").map(({ on }) => on);
  const [roles, present, columns] = await settleAll([
    readRoles(staging),
    readObjectPrivileges(staging, largeObjects),
    keptColumns(staging, target),
  ]);
  // Platforms set default privileges for their own roles (Neon's cloud_admin), which only the platform can set.
  const settable = target.defaults.filter(({ role }) => roles.get(role)?.usable === true);
  const defaults = await inKeptSchemas(staging, settable);
  await runAll(staging, defaults.flatMap(defaultStatements));
  const { wanted, open } = wantedPrivileges({ present, target, columns, closed, roles });
  if (open.length > 0 && !allowWiderAccess) throw notCarried(open);
  await runAll(staging, wanted.flatMap(carryStatements));
  await verifyPrivileges(staging, wanted, largeObjects);
}

/** The default privileges in schemas that the staging database has. */
async function inKeptSchemas(
  staging: Session,
  defaults: readonly DefaultPrivilege[],
): Promise<readonly DefaultPrivilege[]> {
  if (defaults.every(({ schema }) => schema === null)) return defaults;
  const schemas = await staging.query<{ name: string }>(
    "select nspname as name from pg_catalog.pg_namespace",
  );
  return defaults.filter(({ schema }) => schema === null || schemas.some(({ name }) => name === schema));
}

/** Columns of the target that have their own privileges and that the staging database has as well. A restore creates no such privileges. */
async function keptColumns(staging: Session, target: Privileges): Promise<ObjectPrivileges[]> {
  const columns = target.objects.filter(({ column }) => column !== null);
  if (columns.length === 0) return [];
  const list = columns.map(({ on, column, extension }) => ({
    table: on.replace(/^table /, ""),
    column,
    extension,
  }));
  // A member of an extension may be in another schema than on the target.
  const found = await staging.query<{ position: number; on: string; schema: string }>(
    `select k.position::int, pg_catalog.format('table %I.%I', n.nspname, c.relname) as "on", n.nspname::text as schema
       from pg_catalog.jsonb_array_elements($1::jsonb) with ordinality as k(value, position)
       join pg_catalog.pg_class c on case when k.value ->> 'extension' is null
           then c.oid = pg_catalog.to_regclass(k.value ->> 'table')
           else c.relname = (pg_catalog.parse_ident(k.value ->> 'table'))[2] and exists (
             select 1 from pg_catalog.pg_depend d join pg_catalog.pg_extension x on x.oid = d.refobjid
              where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e'
                and d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass and x.extname = k.value ->> 'extension') end
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = k.value ->> 'column' and not a.attisdropped`,
    [JSON.stringify(list)],
  );
  return found.flatMap(({ position, on, schema }) => {
    const column = columns[position - 1];
    return column === undefined ? [] : [{ ...column, on, schema }];
  });
}

/** How many statements are sent together, so that a database with thousands of objects needs fewer round trips. */
const batchSize = 100;

async function runAll(session: Session, statements: readonly string[]): Promise<void> {
  for (let start = 0; start < statements.length; start += batchSize) {
    const batch = statements.slice(start, start + batchSize);
    await session.query(batch.join(";\n")).catch((cause: unknown) => {
      if (sqlStateOf(cause) !== sqlState.insufficientPrivilege) throw cause;
      throw privilegesNotCarried({ objects: [messageOf(cause)] }, { cause });
    });
  }
}

async function verifyPrivileges(
  staging: Session,
  wanted: readonly Wanted[],
  largeObjects: readonly string[],
): Promise<void> {
  const objects = await readObjectPrivileges(staging, largeObjects);
  const present = new Map(objects.map((object) => [keyOf(object), object]));
  const different = wanted.filter(({ object }) => {
    const found = present.get(keyOf(object));
    const sameOwner = object.alter === null || found?.owner === object.owner;
    return !sameOwner || !sameGrants(found?.grants ?? [], object.grants);
  });
  if (different.length > 0) throw notCarried(different.map(({ object }) => object));
}

function notCarried(objects: readonly ObjectPrivileges[]) {
  return privilegesNotCarried({ objects: objects.map(nameOf).slice(0, 20) });
}
