/**
 * The maintenance session: a session in the database `postgres` of a server. It holds the lock, creates and drops staging databases
 * and renames databases. A session in the target itself could not do this.
 */
import { settleAll } from "@pilot-light/core/async/settle";
import type { Side } from "@pilot-light/core/errors";
import { withDatabase, type Endpoint } from "@pilot-light/core/postgres/endpoint";
import { ident, literal } from "@pilot-light/core/postgres/identifiers";
import { openSession, type Session, type SessionOptions } from "@pilot-light/core/postgres/session";
import { sqlState, sqlStateOf } from "@pilot-light/core/postgres/sql-state";
import { databaseRenamed, syncRunning } from "../errors.ts";

/**
 * Opens the session in `postgres`, or in `template1` if `postgres` is missing or is the target itself. An interruption leaves it
 * open, because cleaning up needs it.
 */
export async function openMaintenance(endpoint: Endpoint, options: SessionOptions): Promise<Session> {
  const lasting = { outlivesSignal: "open", ...options } as const;
  const [first, second] =
    endpoint.database === "postgres" ? ["template1", "template1"] : ["postgres", "template1"];
  try {
    return await openSession(withDatabase(endpoint, first), lasting);
  } catch (error) {
    if (first === second || sqlStateOf(error) !== sqlState.databaseMissing) throw error;
    return await openSession(withDatabase(endpoint, second), lasting);
  }
}

const lockKey = "pg_catalog.hashtextextended('pilot-light sync ' || $1, 0)";

/**
 * Locks a database: exclusively as the target, shared as the source. The lock ends with the session, so a killed run leaves no lock, even if
 * a proxy keeps its connection open.
 * @throws OpsError SYNC_RUNNING (precondition)
 */
export async function lock(maintenance: Session, database: string, role: "target" | "source"): Promise<void> {
  const take = role === "target" ? "pg_try_advisory_lock" : "pg_try_advisory_lock_shared";
  const [, { taken }] = await settleAll([
    maintenance.endWhenAbandoned(),
    maintenance.one<{ taken: boolean }>(`select pg_catalog.${take}(${lockKey}) as taken`, [database]),
  ]);
  if (taken) return;
  const [holder] = await maintenance.query<{ pid: number; since: string; client: string | null }>(
    `select a.pid, pg_catalog.to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS "UTC"') as since, a.client_addr::text as client
       from pg_catalog.pg_locks l join pg_catalog.pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'advisory' and l.granted and l.objsubid = 1
        and ((l.classid::int8 << 32) | l.objid::int8) = ${lockKey} limit 1`,
    [database],
  );
  throw syncRunning({
    role,
    database,
    system: maintenance.endpoint.system,
    holder: holder && { ...holder, client: holder.client ?? "a local socket" },
  });
}

/** Releases the lock of a target. A shared lock of the same session remains. */
export async function unlock(maintenance: Session, database: string): Promise<void> {
  await maintenance.query(`select pg_catalog.pg_advisory_unlock(${lockKey})`, [database]);
}

/** Drops a database and ends the sessions in it, such as those that the pg_restore of a killed run left. */
export async function dropDatabase(maintenance: Session, name: string): Promise<void> {
  await maintenance.query(`drop database if exists ${ident(name)} with (force)`);
}

/**
 * OID of a database of the target's server, which the command has created or inspected.
 * @throws OpsError DATABASE_RENAMED (target)
 */
export async function oidOf(maintenance: Session, database: string): Promise<number> {
  const [found] = await maintenance.query<{ oid: string }>(
    "select oid::text as oid from pg_catalog.pg_database where datname = $1",
    [database],
  );
  if (found !== undefined) return Number(found.oid);
  const { system } = maintenance.endpoint;
  throw databaseRenamed({ side: "target", system, database, now: undefined, isTaken: false });
}

/**
 * Checks that the name of a database still belongs to the database that the plan inspected: a person may have given the name to another one, which
 * nobody has dumped.
 * @param oid of the database that the plan inspected
 * @throws OpsError DATABASE_RENAMED of the side's class
 */
export async function assertNamed(
  session: Session,
  database: string,
  oid: number,
  side: Side = "target",
): Promise<void> {
  const rows = await session.query<{ oid: string; name: string }>(
    "select oid::text as oid, datname::text as name from pg_catalog.pg_database where datname = $1 or oid = $2::oid",
    [database, oid],
  );
  const now = rows.find((row) => Number(row.oid) === oid)?.name;
  if (now === database) return;
  const isTaken = rows.some(({ name }) => name === database);
  throw databaseRenamed({ side, system: session.endpoint.system, database, now, isTaken });
}

/** Whether the owner of a new database also owns its schema public: from version 15 on, and a superuser always. */
export async function ownsPublic(maintenance: Session): Promise<boolean> {
  const { owns } = await maintenance.one<{ owns: boolean }>(
    `select pg_catalog.current_setting('server_version_num')::int >= 150000 or r.rolsuper as owns
       from pg_catalog.pg_roles r where r.rolname = current_user`,
  );
  return owns;
}

/** Encoding and locale of a database, as CREATE DATABASE expects them. */
interface Locale {
  encoding: string;
  collate: string;
  ctype: string;
  provider: string;
  locale: string | null;
  rules: string | null;
}

/** Creates an empty staging database with the encoding and locale of the target. */
export async function createStaging(maintenance: Session, target: string, name: string): Promise<void> {
  const { locale } = await maintenance.one<{ locale: Locale }>(
    // The columns differ by major (daticulocale in 15 and 16, datlocale from 17 on): read the row as JSON.
    `select pg_catalog.jsonb_build_object(
        'encoding', pg_catalog.pg_encoding_to_char((j ->> 'encoding')::int), 'collate', j ->> 'datcollate', 'ctype', j ->> 'datctype',
        'provider', coalesce(j ->> 'datlocprovider', ''), 'locale', coalesce(j ->> 'datlocale', j ->> 'daticulocale'),
        'rules', j ->> 'daticurules') as locale
       from (select pg_catalog.to_jsonb(d) as j from pg_catalog.pg_database d where d.datname = $1) as rows`,
    [target],
  );
  const option = (keyword: string, value: string | null) =>
    value === null ? "" : ` ${keyword} ${literal(value)}`;
  const provider =
    { c: " locale_provider libc", i: " locale_provider icu", b: " locale_provider builtin" }[
      locale.provider
    ] ?? "";
  const providerLocale =
    locale.provider === "i"
      ? option("icu_locale", locale.locale)
      : locale.provider === "b"
        ? option("builtin_locale", locale.locale)
        : "";
  await maintenance.query(
    `create database ${ident(name)} template template0 encoding ${literal(locale.encoding)} lc_collate ${literal(locale.collate)}` +
      ` lc_ctype ${literal(locale.ctype)}${provider}${providerLocale}${option("icu_rules", locale.rules)}`,
  );
}
