/**
 * Situations that people reported in public, each run by the command. They change roles and files of their servers, so they have their own
 * servers and run one after the other.
 */
import { processEnvironment } from "@pilot-light/core/config/env";
import { startSandbox } from "@pilot-light/sandbox/testing";
import { extraSandboxDirectory } from "@pilot-light/sandbox/vitest";
import { afterAll, beforeAll, expect, test } from "vitest";
import { matches, runCase, type Case } from "./cases.ts";

const copied = { notes: [] };

const cases: readonly Case[] = [
  {
    name: "01-fk-to-partitioned-table",
    expected: copied,
    then: [
      {
        query:
          "select count(*)::int from pg_constraint where conrelid = 'event'::regclass and contype = 'f' and conparentid = 0",
        gives: [1],
      },
    ],
  },
  {
    name: "01c-fk-to-monthly-partitions-oldest-dropped",
    expected: copied,
    then: [{ query: "select m_id from item", gives: [1] }],
  },
  {
    name: "03-domain-default",
    expected: copied,
    then: [{ query: "select mood::text from visitor order by id", gives: ["calm", "loud"] }],
  },
  {
    name: "05-tables-joined-to-an-extension",
    expected: {
      notes: [
        /hstore.*function public\.q_pop\(\), table public\.q_empty, table public\.q_full, view public\.q_open/,
      ],
    },
    then: [{ query: "select id from app", gives: [1] }],
  },
  {
    name: "05b-function-and-view-joined-to-an-extension",
    expected: { notes: [/hstore.*function public\.q_pop\(\), table public\.q_empty, view public\.q_open/] },
  },
  {
    name: "06-rights-on-extension-objects",
    superuser: true,
    expected: copied,
    then: [
      { query: "select has_table_privilege('report', 'pg_stat_statements', 'select')", gives: [true] },
      {
        query:
          "select has_function_privilege('report', 'pg_stat_statements_reset(oid,oid,bigint)', 'execute')",
        gives: [true],
      },
      {
        query: "select has_foreign_data_wrapper_privilege('report', 'postgres_fdw', 'usage')",
        gives: [true],
      },
      {
        query:
          "select has_function_privilege(r, 'hstore(text,text)', 'execute') from unnest(array['public', 'app_reader', 'report']) r",
        gives: [false, true, false],
      },
    ],
  },
  {
    name: "06b-revoke-on-a-trusted-extension",
    expected: {
      refused: "REVOKE_NOT_CARRIED",
      names: [
        "revoke execute on routine public.hstore(text,text) from public;",
        "revoke create on schema public from public;",
        "administrator",
        "--allow-wider-access",
      ],
    },
  },
  {
    name: "06b-revoke-on-a-trusted-extension",
    options: ["--allow-wider-access"],
    expected: {
      notes: [
        /allowed by --allow-wider-access: .*somebody revoked 2 privileges .*cannot revoke/,
        /EXECUTE on routine public\.hstore\(text,text\) to "report"/,
      ],
    },
    then: [
      { query: "select has_function_privilege('public', 'hstore(text,text)', 'execute')", gives: [true] },
    ],
  },
  {
    name: "06c-default-privileges-of-other-roles",
    expected: {
      notes: [
        /EXECUTE on routine public\.hstore\(text,text\) to "report"/,
        /default privileges.*not carried over: sandbox_admin \(tables\), stranger \(tables in schema public\)/,
      ],
    },
  },
  {
    name: "08-user-mapping-of-missing-role",
    restore: ["alter role dbadmin nosuperuser"],
    expected: { refused: "ROLES_MISSING", names: ["etl_reader", "user mappings"] },
  },
  {
    name: "09-left-out-extension-with-own-rows",
    extensions: ["plcronlike"],
    withdrawn: ["plcronlike"],
    expected: { notes: ["plcronlike"] },
    then: [{ query: "select count(*)::int from pg_extension where extname = 'plcronlike'", gives: [0] }],
  },
  {
    name: "10-large-object-over-1-gb",
    expected: copied,
    then: [{ query: "select lo_get(700001, 1100000000, 4)::text", gives: ["\\xdeadbeef"] }],
  },
  {
    name: "11-role-is-read-only-by-default",
    restore: ["alter role dbadmin reset all"],
    expected: copied,
  },
  {
    name: "12-settings-of-the-source-database",
    expected: {
      notes: [
        /rds keeps its own settings.*: TimeZone, comment, search_path, statement_timeout of the role app_backend/,
      ],
    },
    then: [{ query: "select id from app.t", gives: [1] }],
  },
  {
    name: "13-rls-on-table-of-another-role",
    direction: "rds-to-neon",
    expected: { refused: "ROW_SECURITY_FORCED", names: ["public.secrets", "dbadmin"] },
  },
  {
    name: "25-few-connections",
    expected: { notes: [/neon accepts 2 more connections .*so the sync uses 1 job instead of \d/] },
  },
  {
    name: "26-idle-session-timeout",
    restore: ["alter role dbadmin reset all"],
    expected: copied,
    then: [{ query: "select count from after_all", gives: ["10"] }],
  },
  {
    name: "30-foreign-partition-out-of-reach",
    superuser: true,
    expected: copied,
    then: [{ query: "select id from log_new", gives: [1] }],
  },
  {
    name: "32-objects-of-another-role-on-the-target",
    expected: {
      refused: "OWNER_NOT_ASSIGNABLE",
      names: ["table public.u belongs to app_owner", 'grant "app_owner" to "dbadmin";'],
    },
  },
  {
    name: "33-table-of-another-role-unreadable",
    direction: "rds-to-neon",
    expected: { refused: "NOT_READABLE", names: ["table public.u", "table public.w", "dbadmin"] },
  },
  {
    name: "44-extension-table-that-cannot-be-read",
    extensions: ["plcronlike"],
    restore: ["grant pg_read_all_data to neon_superuser"],
    expected: { refused: "NOT_READABLE", names: ["table cronlike.job"] },
  },
  {
    name: "45-rows-that-the-filter-of-an-extension-leaves-out",
    extensions: ["plrefsys"],
    expected: {
      notes: [
        /rows of public\.refsys that the filter of the extension plrefsys leaves out of every dump \(3 rows, 2 of them/,
      ],
    },
    then: [{ query: "select srid from refsys order by 1", gives: [1, 2, 3, 5000] }],
  },
  {
    name: "47-large-object-of-another-role",
    expected: { refused: "NOT_READABLE", names: ["large object 800001"] },
  },
  {
    name: "49-table-locked-by-a-migration",
    meanwhile: ["begin", "lock table public.t", "select pg_sleep(300)"],
    expected: { refused: "TABLE_LOCKED", names: ["public.t, held by session", "role"] },
  },
  {
    name: "50-partition-key-with-a-list",
    expected: copied,
    then: [{ query: "select id from ticket_open", gives: [1] }],
  },
  {
    name: "51-own-sessions-counted-as-foreign",
    restore: ["alter role dbadmin reset all"],
    expected: copied,
  },
  {
    name: "55-parameter-only-a-superuser-may-set",
    expected: { refused: "SETTINGS_NOT_SETTABLE", names: ["app.jwt_secret"] },
  },
  {
    name: "61b-a-table-comes-and-goes-twice-a-second",
    meanwhile: [
      "create table public.etl (id int primary key, v text default 'x' check (v<>''))",
      "create index on public.etl (v)",
      "insert into public.etl values (1)",
      "select pg_sleep(0.25)",
      "drop table public.etl cascade",
      "select pg_sleep(0.25)",
    ],
    expected: copied,
    then: [{ query: "select count(*)::int from t", gives: [1000] }],
  },
  {
    name: "57-owners-of-other-kinds-of-objects",
    expected: copied,
    then: [
      {
        query: `select o from (
            select 'agg', proowner from pg_proc where proname = 'agg'
            union all select 'agg_s', proowner from pg_proc where proname = 'agg_s'
            union all select 'coll', collowner from pg_collation where collname = 'coll'
            union all select 'fmr', typowner from pg_type where typname = 'fmr'
            union all select 'fr', typowner from pg_type where typname = 'fr'
            union all select 'mv', relowner from pg_class where relname = 'mv'
            union all select 'operator', oprowner from pg_operator where oprname = '~=='
            union all select 'st', stxowner from pg_statistic_ext
            union all select 't', relowner from pg_class where relname = 't'
            union all select 'tsc', cfgowner from pg_ts_config where cfgname = 'tsc'
            union all select 'tsd', dictowner from pg_ts_dict where dictname = 'tsd'
          ) as x(name, owner), lateral (select name || ' ' || pg_get_userbyid(owner) as o) y order by 1`,
        gives: [
          "agg app_owner",
          "agg_s dbadmin",
          "coll app_owner",
          "fmr dbadmin",
          "fr app_owner",
          "mv app_owner",
          "operator app_owner",
          "st app_owner",
          "t app_owner",
          "tsc app_owner",
          "tsd app_owner",
        ],
      },
    ],
  },
  {
    name: "57b-large-objects-of-other-roles",
    expected: copied,
    then: [
      {
        query:
          "select concat_ws(' ', oid, pg_get_userbyid(lomowner), lomacl) from pg_largeobject_metadata order by oid",
        gives: ["400001 app_owner", "400002 dbadmin {dbadmin=rw/dbadmin,report=r/dbadmin}", "400003 dbadmin"],
      },
    ],
  },
  ...[[], ["--in-place"]].map((options): Case => ({
    name: "70-operators-that-sql-cannot-qualify",
    options,
    expected: copied,
    then: [
      {
        query:
          "select pg_get_triggerdef(oid) ~ 'old.email IS DISTINCT FROM new.email' from pg_trigger where tgname = 'email_changed'",
        gives: [true],
      },
      { query: "select n from counted", gives: ["1"] },
      { query: "select n::text from same order by id", gives: [null, "b"] },
    ],
  })),
  {
    name: "71-cast-between-types-of-the-server",
    expected: {
      refused: "SUPERUSER_NEEDED",
      names: ["1 object", "cast (character varying AS pg_catalog.uuid)"],
    },
  },
  {
    name: "72-objects-of-another-kind-on-the-target",
    expected: copied,
    then: [
      {
        query:
          "select relname || ' ' || relkind::text || ' ' || pg_get_userbyid(relowner) from pg_class where relname in ('seen', 'counted', 'item_id_seq', 'free') order by 1",
        gives: ["counted m app_owner", "free S app_owner", "item_id_seq S dbadmin", "seen r app_owner"],
      },
    ],
  },
  {
    name: "73-privilege-that-two-roles-granted",
    expected: copied,
    then: [
      {
        query:
          "select string_agg(a::text, ' ' order by a::text collate \"C\") from pg_class, unnest(relacl) a where oid = 'public.t'::regclass",
        gives: ["app_reader=r*/dbadmin app_writer=r*/dbadmin dbadmin=arwdDxt/dbadmin report=r/dbadmin"],
      },
    ],
  },
];

let sandbox: Awaited<ReturnType<typeof startSandbox>>;

beforeAll(async () => {
  sandbox = await startSandbox({
    directory: extraSandboxDirectory("cases"),
    environment: processEnvironment(),
    // These servers have a directory of extensions that a test may write to.
    majors: { neon: 14, rds: 14 },
  });
});

afterAll(async () => {
  await sandbox.stop();
});

test.each(cases.map((each) => ({ options: [], ...each })))("$name $options", async (each) => {
  await runCase(sandbox, each, async (what, transcript, pair) => {
    expect(matches(transcript, each.expected), `${what}: ${transcript.stderr}`).toEqual([]);
    // The value of a setting that a case calls a secret.
    expect(`${transcript.stdout}${transcript.stderr}`).not.toContain("hunter2");
    if (what === "dry run") return;
    for (const { query, gives } of each.then ?? []) {
      const rows = await pair.query("rds", query);
      expect(rows.map((row) => Object.values(row)[0])).toEqual(gives);
    }
  });
});
