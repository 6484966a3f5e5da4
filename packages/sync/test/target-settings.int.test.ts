/** A sync carries over the settings of the target: owners, privileges, parameters, limits, comments. */
import { adminLogin } from "@pilot-light/sandbox/postgres/cluster";
import { asAdmin } from "@pilot-light/sandbox/postgres/connect";
import { adminRole } from "@pilot-light/sandbox/names";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { expect, test } from "vitest";
import { awsWithSecret } from "./proxies.ts";
import { contentOf, sync } from "./support.ts";
import { expectRefusal, footprint } from "./untouched.ts";

/** Owner, privileges, parameters, limit and comment of the pair's RDS database. */
async function databaseSettings(pair: Pair): Promise<unknown> {
  const [row] = await pair.query(
    "rds",
    `select pg_get_userbyid(datdba) as owner, datconnlimit, shobj_description(oid, 'pg_database') as comment,
            array(select x::text from unnest(datacl) x order by 1) as privileges,
            array(select coalesce(setrole::regrole::text, '') || ': ' || c from pg_db_role_setting, unnest(setconfig) c
                   where setdatabase = d.oid order by 1) as parameters
       from pg_database d where datname = current_database()`,
  );
  return row;
}

/** Owners and privileges of the schema public and of everything in it, as `\z` shows them, by object. */
async function objectPrivileges(pair: Pair): Promise<Map<string, string>> {
  const rows = await pair.query(
    "rds",
    `with objects(object, owner, acl) as (
       select 'schema ' || nspname, nspowner, coalesce(nspacl, acldefault('n', nspowner)) from pg_namespace where nspname = 'public'
       union all
       select 'relation ' || relname, relowner, coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner))
         from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'S')
       union all
       select 'column ' || attrelid::regclass || '.' || attname, 0, attacl from pg_attribute where attacl is not null and attrelid > 16383
       union all
       select 'function ' || oid::regprocedure, proowner, coalesce(proacl, acldefault('f', proowner))
         from pg_proc where pronamespace = 'public'::regnamespace
       union all
       select 'type ' || typname, typowner, coalesce(typacl, acldefault('T', typowner))
         from pg_type where typnamespace = 'public'::regnamespace and typtype in ('e', 'd')
       union all
       select 'defaults of ' || pg_get_userbyid(defaclrole) || ' ' || coalesce(n.nspname, '') || ' ' || defaclobjtype::text, defaclrole, defaclacl
         from pg_default_acl left join pg_namespace n on n.oid = defaclnamespace
     )
     select object, pg_get_userbyid(owner) || ' ' || array(select x::text from unnest(acl) x order by 1)::text as privileges from objects`,
  );
  return new Map(rows.map(({ object, privileges }) => [String(object), String(privileges)]));
}

/** Roles of this pair that the RDS owner is a member of; dropped with their privileges at the end. */
async function rolesOnRds(pair: Pair, ...names: string[]) {
  const roles = names.map((name) => `${pair.rds.database}_${name}`);
  for (const role of roles) {
    await pair.query("rds", `create role ${role}`);
    await pair.query("rds", `grant ${role} to ${pair.rds.role} with admin option`);
  }
  return {
    roles,
    [Symbol.asyncDispose]: async () => {
      await pair.dispose();
      const { rds, adminPassword } = testSandbox().state;
      await asAdmin(adminLogin(rds, adminPassword), ...roles.map((role) => `drop role ${role}`));
    },
  };
}

test.concurrent(
  "database: owner, privileges, parameters of the database and of roles in it, limit, comment",
  async () => {
    const pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    await using made = await rolesOnRds(pair, "owners", "app");
    const [owners = "", app = ""] = made.roles;
    const { database } = pair.rds;
    for (const statement of [
      `revoke all on database ${database} from public`,
      `grant connect on database ${database} to ${app} with grant option`,
      `grant create, temporary on database ${database} to app_writer`,
      `alter database ${database} set search_path to "$user", "Mixed Case", public`,
      `alter database ${database} set statement_timeout to '5min'`,
      `alter database ${database} set application_name to 'it''s "quoted", \\ 50%, $HOME'`,
      `alter role ${app} in database ${database} set search_path to ''`,
      `alter role ${app} in database ${database} set work_mem to '8MB'`,
      `alter database ${database} connection limit 17`,
      `comment on database ${database} is 'Ada''s "own" \\ database'`,
      `alter database ${database} owner to ${owners}`,
    ]) {
      await pair.query("rds", `set default_transaction_read_only to off; ${statement}`);
    }
    const before = await databaseSettings(pair);
    expect(before).toMatchObject({
      owner: owners,
      datconnlimit: 17,
      parameters: expect.arrayContaining([`${app}: search_path=""`]) as unknown,
    });
    const transcript = await sync(pair, ["neon-to-rds", "--yes"]);
    expect(transcript.exitCode, transcript.stderr).toBe(0);
    expect(await databaseSettings(pair)).toEqual(before);
    expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  },
);

test.concurrent(
  "objects may belong to the owner of the database, even if this is not the role of the sync",
  async () => {
    const pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    await using made = await rolesOnRds(pair, "owners");
    const [owners = ""] = made.roles;
    for (const object of [
      `database ${pair.rds.database}`,
      "table public.projects",
      "routine public.project_event_count(integer, timestamptz)",
    ]) {
      await pair.query("rds", `alter ${object} owner to ${owners}`);
    }
    const before = await databaseSettings(pair);
    const transcript = await sync(pair, ["neon-to-rds", "--yes"]);
    expect(transcript.exitCode, transcript.stderr).toBe(0);
    expect(await databaseSettings(pair)).toEqual(before);
    const privileges = await objectPrivileges(pair);
    expect(privileges.get("relation projects")).toMatch(new RegExp(`^${owners} `));
    expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  },
);

test.concurrent(
  "a parameter that only an administrator may set is refused, and the flag syncs without it; no output has its value",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    await pair.query("rds", `alter database ${pair.rds.database} set app.tenant to 'hunter2'`);
    const before = await footprint(pair);
    const says = ["app.tenant", "administrator", "--allow-lost-settings"];
    const refusal = { exit: 4, code: "SETTINGS_NOT_SETTABLE", says };
    const refused = await expectRefusal(pair, before, ["neon-to-rds", "--yes"], refusal);
    const { exitCode, stderr } = await sync(pair, [
      "neon-to-rds",
      "--yes",
      "--allow-lost-settings",
      "--verbose",
    ]);
    expect(exitCode, stderr).toBe(0);
    const lost =
      "select count(*)::int as settings from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase where d.datname = $1";
    expect(await pair.query("rds", lost, [pair.rds.database])).toEqual([{ settings: 0 }]);
    expect(`${refused.stdout}${refused.stderr}${stderr}`).not.toContain("hunter2");
  },
);

test.concurrent(
  "objects: owners, grants with their options, columns, what PUBLIC lost, default privileges",
  async () => {
    const pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    await using made = await rolesOnRds(pair, "owners");
    const [owners = ""] = made.roles;
    const { role } = pair.rds;
    for (const statement of [
      "revoke all on schema public from public",
      "grant usage on schema public to app_reader with grant option",
      `grant create on schema public to ${owners}`,
      `alter table public.projects owner to ${owners}`,
      `revoke truncate on public.projects from ${owners}`,
      "grant select, insert on public.projects to app_writer with grant option",
      "grant update (title, slug) on public.projects to app_writer",
      "grant references (id) on public.users to app_writer with grant option",
      "revoke all on public.contacts from app_reader, app_writer",
      "grant select on public.published_projects to public",
      "grant select, usage on sequence public.tags_id_seq to app_writer",
      "revoke execute on function public.touch_updated_at() from public",
      "grant execute on function public.project_event_count(integer, timestamptz) to app_reader with grant option",
      "revoke usage on type public.project_status from public",
      "grant usage on type public.project_status to app_reader",
      `alter type public.email_address owner to ${owners}`,
      `alter default privileges for role ${role} grant select on tables to app_reader`,
      `alter default privileges for role ${role} in schema public grant insert on tables to app_writer with grant option`,
      `alter default privileges for role ${role} grant usage on sequences to app_writer`,
      `alter default privileges for role ${role} revoke execute on functions from public`,
      `alter default privileges for role ${owners} grant select on tables to app_writer`,
    ]) {
      await pair.query("rds", statement);
    }
    // Only the source has these objects: their privileges follow from the default privileges.
    await pair.query(
      "neon",
      `set role ${pair.neon.role}; create table public.brand_new (id serial primary key)`,
    );
    await pair.query(
      "neon",
      `set role ${pair.neon.role}; create function public.brand_new() returns int language sql as 'select 1'`,
    );
    const before = await objectPrivileges(pair);
    const transcript = await sync(pair, ["neon-to-rds", "--yes"]);
    expect(transcript.exitCode, transcript.stderr).toBe(0);
    const after = await objectPrivileges(pair);

    const added = [...after.keys()].filter((object) => !before.has(object)).sort();
    expect(added).toEqual(
      [
        "function brand_new()",
        "relation brand_new",
        "relation brand_new_id_seq",
        "relation brand_new_pkey",
      ].filter((object) => after.has(object)),
    );
    expect(after.get("function brand_new()")).toBe(`${role} {${role}=X/${role}}`);
    // From version 17 on there is one more privilege, MAINTAIN.
    expect(after.get("relation brand_new")?.replace("Dxtm/", "Dxt/")).toBe(
      `${role} {app_reader=r/${role},app_writer=a*/${role},${role}=arwdDxt/${role}}`,
    );
    expect(after.get("relation brand_new_id_seq")).toBe(`${role} {app_writer=U/${role},${role}=rwU/${role}}`);

    const kept = [...before].filter(([object]) => !/old_leads|leads_by_month/.test(object));
    expect(kept.length).toBeGreaterThan(25);
    expect(Object.fromEntries(kept.map(([object]) => [object, after.get(object)]))).toEqual(
      Object.fromEntries(kept),
    );
    expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  },
);

test.concurrent(
  "a privilege that a role other than the owner granted is kept, as granted by the owner",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const { role } = pair.rds;
    await pair.query("rds", "grant insert on public.projects to app_writer with grant option");
    await pair.query("rds", "set role app_writer; grant insert on public.projects to app_reader");
    expect((await objectPrivileges(pair)).get("relation projects")).toContain("app_reader=a/app_writer");
    const transcript = await sync(pair, ["neon-to-rds", "--yes"]);
    expect(transcript.exitCode, transcript.stderr).toBe(0);
    expect((await objectPrivileges(pair)).get("relation projects")).toContain(`app_reader=ar/${role}`);
  },
);

test.concurrent(
  "every table has fresh statistics, also partitioned and empty tables and materialized views",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "awkward", rds: "app", rdsBypassRls: true });
    const transcript = await sync(pair, ["neon-to-rds", "--yes", "--allow-shrink"]);
    expect(transcript.exitCode, transcript.stderr).toBe(0);
    // A partitioned table without a partition has nothing to count, nor has a materialized view that was never filled.
    const tables = `from pg_class c where relnamespace > 16383 and relkind in ('r', 'p', 'm') and relispopulated
    and (relkind <> 'p' or exists (select from pg_inherits where inhparent = c.oid))`;
    expect(await pair.query("rds", `select oid::regclass::text ${tables} and reltuples < 0`)).toEqual([]);
    const [{ n } = { n: 0 }] = await pair.query("rds", `select count(*)::int as n ${tables}`);
    expect(n).toBeGreaterThan(10);
  },
);

test.concurrent(
  "privileges on members and columns of extensions are carried over, even if the extension is in another schema on the target",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    await using neon = await pair.connect("neon", "owner");
    await neon.client.query("create extension hstore schema public");
    // A superuser may change the members, so the plan refuses nothing.
    const { adminPassword } = testSandbox().state;
    await using aws = await awsWithSecret(
      pair,
      JSON.stringify({ username: adminRole, password: adminPassword }),
    );
    await using rds = await pair.connect("rds", "owner");
    await rds.client.query("create schema tools; create extension hstore schema tools");
    await rds.client.query("revoke execute on function tools.hstore(text, text) from public");
    await rds.client.query(
      "grant execute on function tools.akeys(tools.hstore) to app_reader with grant option",
    );
    await pair.query("neon", "create extension pg_stat_statements schema public");
    await pair.query("rds", "create extension pg_stat_statements schema tools");
    await pair.query("rds", "grant select (query) on tools.pg_stat_statements to app_reader");
    const privileges = async (schema: string) => {
      const rows = await pair.query(
        "rds",
        `select p.proname, x.grantee = 0 as public, x.is_grantable
           from pg_proc p join pg_namespace n on n.oid = p.pronamespace, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
          where n.nspname = $1 and (p.proname = 'akeys' or p.proname = 'hstore' and p.pronargs = 2 and p.proargtypes[0] = 'text'::regtype)
            and x.grantee <> p.proowner order by 1, 2, 3`,
        [schema],
      );
      return rows;
    };
    const before = await privileges("tools");
    expect(before).toHaveLength(2);
    const { exitCode, stderr } = await sync(pair, ["neon-to-rds", "--yes"], {
      env: { AWS_ENDPOINT_URL: aws.url },
    });
    expect(exitCode, stderr).toBe(0);
    expect(await privileges("public")).toEqual(before);
    expect(
      await pair.query(
        "rds",
        `select attname, has_column_privilege('app_reader', attrelid, attnum, 'select') as granted from pg_attribute
          where attrelid = 'public.pg_stat_statements'::regclass and attacl is not null`,
      ),
    ).toEqual([{ attname: "query", granted: true }]);
  },
);
