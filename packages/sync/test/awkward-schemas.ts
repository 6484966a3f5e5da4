/**
 * Databases that are correct and awkward to compare. A copy by plain pg_dump and pg_restore counts as equal, although the server prints some
 * definitions in other words, or the dump leaves something out.
 */

export interface AwkwardSchema {
  /** What is awkward about it. */
  of: string;
  /** Statements for the superuser; `DATABASE` is the name of the database. */
  made: readonly string[];
}

const partitioned = `
  create table session (id int, month int, primary key (id, month)) partition by list (month);
  create table session_3 partition of session for values in (3);
  create table session_1 partition of session for values in (1);
  create table event (id int primary key, session_id int, session_month int, foreign key (session_id, session_month) references session);
  create table session_2 partition of session for values in (2)`;

export const awkwardSchemas: readonly AwkwardSchema[] = [
  { of: "a foreign key to a partitioned table", made: [partitioned] },
  {
    of: "a foreign key to a partitioned table whose oldest partition was dropped",
    made: [partitioned, "alter table session detach partition session_1", "drop table session_1"],
  },
  {
    of: "lists of varchar wherever an expression may stand",
    made: [
      `create table t (id int, s varchar(10), f char(3), o varchar(10), a varchar[],
         g boolean generated always as (s in ('a', 'b')) stored,
         check (s in ('a', 'b', o)), check (s not in ('x', 'y')), check (s like any (array['a%', 'b%'])), check (f in ('abc', 'def')),
         check (s::varchar(3) in ('a', 'b')), check (a && array['a', 'b']::varchar[]), check (a <@ '{a,b}'::varchar[]))`,
      "create index on t (id) where s in ('a', 'b')",
      "create index on t ((s in ('a', 'b')))",
      "create view v as select s in ('a', 'b') as is_a, case when s in ('c', 'd') then 1 end as n from t where s in ('e', 'f')",
      "create policy p on t using (s in ('a', 'b')) with check (s in ('a', 'b'))",
      "create domain d as varchar(5) check (value in ('a', 'b'))",
      "create table p (id int, s varchar(10)) partition by list ((s in ('a', 'b')))",
      "create table p_1 partition of p for values in (true)",
      "create function f() returns trigger language plpgsql as 'begin return new; end'",
      "create trigger g before insert on t for each row when (new.s in ('a', 'b')) execute function f()",
      "create rule r as on delete to t where old.s in ('a', 'b') do instead nothing",
      "create statistics st on (s in ('a', 'b')), id from t",
      "create function sq(x varchar) returns boolean language sql begin atomic select x in ('a', 'b'); end",
      "create function df(x boolean default 'a'::varchar in ('a', 'b')) returns boolean language sql as 'select x'",
      "create table def (b boolean default ('a'::varchar in ('a', 'b')))",
      "create view nested as select array[array['a'::varchar, 'b']]::text[] = array[array['a'::varchar, 'b'], array['c', s]]::text[] as x from t",
    ],
  },
  {
    of: "BETWEEN, rows and lists of conditions",
    made: [
      `create table t (a int, b int, c int,
         check (a between 1 and 5 and (b > 0 and c is not null)), check (a between 1 and 5 and b between 1 and 5 and c between symmetric 1 and 5),
         check (a not between 1 and 5 or b not between 1 and 5 or c = 1), check ((a, b) in ((1, 2), (3, 4), (5, 6))),
         check ((a, b) not in ((1, 2), (3, 4), (5, 6))), check (row(a, b, c) is distinct from row(1, 2, 3)),
         check ((a = 1 or b = 2) and (a = 3 or b = 4) and not (a = 5 and b = 6)), check (((a > 1 and b > 1) and c > 1) or (a > 2 and (b > 2 and c > 2))))`,
      "create view v as select * from t where a between 1 and 2 and (a, b) in ((1, 2), (3, b), (c, 4)) and not (b between 3 and 4)",
      "create index on t (a) where a between 1 and 5 and b > 0",
      "create view w as select a, sum(b) over (order by a rows between unbounded preceding and current row) as s from t",
    ],
  },
  {
    of: "defaults of domains written under another search_path",
    made: [
      "set search_path = public, pg_catalog",
      "create type mood as enum ('calm', 'loud')",
      "create domain mood_or_calm as mood default 'calm'",
      "create function short_code() returns text language sql volatile as $$ select 'c' || (random() * 1000)::int $$",
      "create domain code as text default short_code() check (length(value) < 40)",
      "create table visitor (id int primary key, mood mood_or_calm, code code)",
      "insert into visitor values (1, default, 'abc')",
    ],
  },
  {
    of: "standard_conforming_strings = off, with backslashes everywhere",
    made: [
      `alter database "DATABASE" set standard_conforming_strings = off`,
      "set standard_conforming_strings = on",
      `create table t (a text default 'a\\b' check (a <> '\\' and a !~ '^\\s+\\d$'))`,
      `comment on table t is 'back\\slash'`,
      `create type e as enum ('a\\b', '\\')`,
      `create function f() returns text language sql as 'select ''\\''::text'`,
      `create view v as select '\\n'::text as a, E'\\n'::text as b`,
      `insert into t values ('x\\y')`,
    ],
  },
  {
    of: "settings of the database that change how values are written",
    made: [
      ...[
        "timezone = 'Asia/Kolkata'",
        "datestyle = 'SQL, DMY'",
        "intervalstyle = 'iso_8601'",
        "bytea_output = 'escape'",
      ].map((setting) => `alter database "DATABASE" set ${setting}`),
      ...[
        "quote_all_identifiers = on",
        "lc_monetary = 'C.UTF-8'",
        "extra_float_digits = 0",
        "array_nulls = on",
        "xmloption = document",
      ].map((setting) => `alter database "DATABASE" set ${setting}`),
      `create table t (a timestamptz default '2026-01-01 00:00+00', i interval default '1 day 2 hours', b bytea default '\\x00ff', m money default 12.5,
         f float8 default 0.1 + 0.2, d date default '2026-02-01')`,
      "create table p (a timestamptz) partition by range (a)",
      "create table p_1 partition of p for values from ('2026-01-01 00:00+00') to ('2026-02-01 00:00+00')",
      "insert into t default values",
      "insert into p values ('2026-01-15')",
      "create view v as select a from t where a > '2026-01-01 00:00+00'::timestamptz",
    ],
  },
  {
    of: "names and bodies that look like parts of a dump",
    made: [
      `create table "a
--
-- Name: b; Type: TABLE; Schema: public; Owner: -
--
create table c ();" ("x;
-- Name: y" int, "(" int, "]" int check ("]" > 0))`,
      `create table "a b" (c int constraint d check (c > 0))`,
      `create table a (c int constraint "b d" check (c > 0))`,
      `create function f() returns text language plpgsql as $f$
begin
--
-- Name: t; Type: TABLE; Schema: public; Owner: -
--
  return $$ ); create table t (); -- $$ || '/* not a comment' || '$' || 'it''s';
end
$f$`,
      `comment on function f() is '
--
-- Name: t; Type: TABLE; Schema: public; Owner: -
--
'''`,
      `create view "v""(" as select ')' as "(", '''--' as "'", '/*'::text as "*/"`,
      `create function "g(integer)"() returns text language sql as $x$select $$a$$ || '$_$'$x$`,
      `create schema "SCHEMA - public"`,
      `comment on schema "SCHEMA - public" is 'COMMENT - EXTENSION hstore'`,
      `create type "e;" as enum (E'a\\n-- Name: x', ')', '(', '''')`,
      `create sequence "public.s" owned by "a b".c`,
    ],
  },
  {
    of: "operators of one name, and what a dropped one leaves behind",
    made: [
      "create function f(int, int) returns boolean language sql immutable as 'select $1 < $2'",
      "create function f(text, text) returns boolean language sql immutable as 'select $1 < $2'",
      "create function f(int, text) returns boolean language sql immutable as 'select true'",
      "create operator <## (leftarg = int, rightarg = int, function = f, commutator = ##>)",
      "create operator <## (leftarg = text, rightarg = text, function = f, commutator = ##>)",
      "create operator <## (leftarg = int, rightarg = text, function = f)",
      "create operator !## (rightarg = int, function = pg_catalog.int4um)",
      "drop operator <## (text, text)",
      "create table t (a int check (a operator(public.<##) 5))",
    ],
  },
  {
    of: "a check that is validated on the child only",
    made: [
      "create table parent (a int)",
      "create table child () inherits (parent)",
      "alter table parent add constraint positive check (a > 0) not valid",
      "alter table child validate constraint positive",
      "create table part (a int) partition by list (a)",
      "create table part_1 partition of part for values in (1)",
      "alter table part add constraint positive check (a > 0) not valid",
      "alter table part_1 validate constraint positive",
    ],
  },
  {
    of: "identity columns that LIKE copied",
    made: [
      'create table original (a int generated always as identity, b smallint generated by default as identity (increment -1), c int, "d "" d" int generated always as identity (maxvalue 50))',
      `create table "co.py" (like original including all)`,
      "create unlogged table again (like original including all)",
      `insert into "co.py" default values`,
    ],
  },
  { of: "no PL/pgSQL", made: ["drop extension plpgsql", "create table t (a int)"] },
  {
    of: "PL/pgSQL created again",
    made: ["drop extension plpgsql", "create extension plpgsql", "comment on extension plpgsql is 'ours'"],
  },
  {
    of: "objects that a person created on an extension's table, which a dump leaves out",
    made: [
      "create table part_of_extension (a int)",
      "create extension hstore",
      "alter extension hstore add table part_of_extension",
      "create index on part_of_extension (a)",
      "comment on table part_of_extension is 'x'",
      "comment on column part_of_extension.a is 'x'",
      "alter table part_of_extension add constraint c check (a > 0)",
      "comment on extension hstore is 'ours'",
      "comment on function hstore(text, text) is 'ours'",
    ],
  },
  {
    of: "comments on parts that a dump leaves out",
    made: [
      "create table t (a int primary key) partition by list (a)",
      "create table t_1 partition of t for values in (1)",
      "create table r (a int references t)",
      "create function f() returns trigger language plpgsql as 'begin return new; end'",
      "create trigger g after insert on t for each row execute function f()",
      "comment on trigger g on t_1 is 'copy'",
      "comment on index t_1_pkey is 'copy'",
      "comment on constraint t_1_pkey on t_1 is 'copy'",
      "create table parent (a int constraint positive check (a > 0))",
      "create table child () inherits (parent)",
      "comment on constraint positive on child is 'inherited'",
      "create table broken (a int)",
      "create index broken_a on broken (a)",
      "comment on index broken_a is 'broken'",
      "update pg_catalog.pg_index set indisvalid = false where indexrelid = 'public.broken_a'::regclass",
    ],
  },
  {
    of: "inherited columns in another order",
    made: [
      "create table p1 (a int, b text)",
      "create table p2 (c int, d text default 'x')",
      "create table child (d text default 'y', x int, b text, a int check (a > 0)) ",
      "alter table child inherit p1",
      "alter table child add c int",
      "alter table child inherit p2",
      "create table grandchild (y int) inherits (child, p1)",
      "alter table p1 add late int default 7",
      "insert into child (a, b, c, d, x) values (1, 'b', 2, 'd', 3)",
      "insert into grandchild (a, b, c, d, x, y, late) values (1, 'b', 2, 'd', 3, 4, 5)",
      "alter table p2 drop d",
    ],
  },
  {
    of: "partitions with columns in another order, dropped columns and own parts",
    made: [
      "create table m (a int not null, b text default 'p', c int, dropped int, check (c > 0)) partition by range (a)",
      "create table m_1 (c int, gone int, b text default 'q', a int not null, dropped int, constraint m_c_check check (c > 0), constraint own check (a < 100))",
      "alter table m_1 drop gone",
      "alter table m attach partition m_1 for values from (0) to (100)",
      "alter table m drop dropped",
      "create table m_2 partition of m (b default 'r', c primary key) for values from (100) to (200) partition by list (c)",
      "create table m_2_1 partition of m_2 for values in (1)",
      "create index m_a on only m (a)",
      "create index m_1_own on m_1 (a)",
      "alter index m_a attach partition m_1_own",
      "create index on m (c) include (b)",
      "create table left_behind partition of m default",
      "alter table m detach partition left_behind",
      "alter table m_2_1 alter c set default 5, alter b set statistics 50",
      "insert into m (a, b, c) values (1, 'x', 1), (150, 'y', 1)",
    ],
  },
  {
    of: "views over columns that were renamed, dropped and added since",
    made: [
      "create table a (id int, x text, gone int)",
      "create table b (id int, y text)",
      "create view v1 as select * from a join b using (id)",
      "create view v2 as select a.*, b.id as other from a left join b on a.id = b.id",
      "create view v3 as select a as whole, count(*) from a group by a",
      "create view v4 as select * from a natural full join b",
      "create view v5 as select * from (a cross join b) as j (p, q, r, s, t)",
      "create view v6 as (select id from a union all select id from b) except (select 1 intersect select 2) order by 1 limit 3",
      "create view v7 as with recursive w (n) as (values (1) union all select n + 1 from w where n < 5) select * from w",
      "alter table a rename x to z",
      "alter table b add z text",
      "alter table b rename y to x",
      "alter table b rename id to key",
    ],
  },
  {
    of: "objects that need each other",
    made: [
      "create table t (a int)",
      "create function of_row(t) returns int language sql immutable as 'select $1.a'",
      "alter table t add constraint c check (of_row(t.*) > 0), add b int default 1",
      "create function f(int) returns int language sql immutable as 'select $1'",
      "create domain d as int check (f(value) > 0)",
      "create or replace function f(int) returns int language sql immutable as 'select $1::d::int'",
      "create view v as select 1 as n",
      "create function g() returns v language sql as 'select * from v limit 1'",
      "create or replace view v as select (select n from g()) as n",
      "create table x (id int primary key, y int)",
      "create table y (id int primary key, x int references x)",
      "alter table x add foreign key (y) references y",
      "create sequence s",
      "create table serial (id int default nextval('s'), other serial)",
      "alter sequence s owned by serial.id",
      "create view grouped as select x.id, x.y from x group by x.id",
      "create rule r as on insert to grouped do instead insert into x values (new.id, new.y)",
    ],
  },
  {
    of: "an enum that was changed often",
    made: [
      "create type e as enum ('b', 'd')",
      ...["'a' before 'b'", "'c' after 'b'", "'e'", "'b2' before 'c'", "'b1' before 'b2'"].map(
        (label) => `alter type e add value ${label}`,
      ),
      "alter type e rename value 'd' to 'D'",
      "create table t (v e default 'D' check (v in ('a', 'b', 'b1', 'b2', 'c', 'D', 'e')), w e[] default '{b,D}') partition by hash (v)",
      "create table t_0 partition of t for values with (modulus 2, remainder 0)",
      "create table t_1 partition of t for values with (modulus 2, remainder 1)",
      "insert into t select unnest(enum_range('b'::e))",
    ],
  },
  {
    of: "indexes that a failed CREATE INDEX CONCURRENTLY left, and an index of a parent whose partitions have none",
    made: [
      "create table t (a int); insert into t values (1), (1)",
      "create index broken on t (a)",
      "update pg_catalog.pg_index set indisvalid = false, indisready = false where indexrelid = 'public.broken'::regclass",
      "create table m (a int) partition by list (a)",
      "create table m_1 partition of m for values in (1)",
      "create index only_parent on only m (a)",
    ],
  },
  {
    of: "foreign keys whose internal triggers are disabled, and materialized views without rows",
    made: [
      "create table p (a int primary key)",
      "create table c (a int references p)",
      "alter table c disable trigger all",
      "create materialized view empty as select 1 as n with no data",
      "create materialized view full_of_empty as select 1 as n",
      `create materialized view "Full" as select 2 as n`,
    ],
  },
  {
    of: "casts, constants and calls of every kind",
    made: [
      `create table t (a numeric(10, 2) default -1.50, b numeric default 1e10, c smallint default -1, d "char" default 'x', e char(3) default 'ab',
         f bit(3) default b'101', g varbit default b'1', h interval day to second default '1 2:03', i time(2) with time zone default '12:00+01', j text[] default array[]::text[],
         k jsonb default '{"a": 1}', l text default current_user, m timestamp default (now() at time zone 'utc'), n date default 'now'::text::date, o int default length('a'::varchar),
         p boolean default (not true), q text default coalesce(null, 'x'), r int default (case when true then 1 else -2 end), s name default 'n', u xml default '<a/>', w int[] default '{1,2}',
         check (a::int8 > -5), check (e in ('ab', 'cd')), check (e::text || 'x' <> ''), check (extract(year from m) > 2000), check (position('a' in l) >= 0),
         check (w[1] > 0 and w[1:2] <> '{}'), check (k ->> 'a' is not null), check ((k -> 'b')::text is distinct from 'x'), check (trim(both ' ' from l) <> ''),
         check (l similar to '[a-z]%' or l ilike 'x%' or l ~* 'y'), check (overlay(l placing 'x' from 1) <> ''), check (nullif(l, '') is not null), check (greatest(c, 1) > -9))`,
      "create view v as select a::text::varchar(3), -a as minus, - (-1) as one, (-1)::numeric as n, 2 ^ -1 as p, not p as np, array[1, 2.5] as arr, (row(1, 2)).f1, row(1, 'x') = row(a, l) as r from t",
      "create view w as select count(*) filter (where a > 1), string_agg(distinct l, ',' order by l desc), percentile_cont(0.5) within group (order by a), grouping(c) from t group by grouping sets ((c), ())",
    ],
  },
  {
    of: "a schema public that was created again, with a comment, and without its privileges",
    made: [
      "drop schema public",
      "create schema public",
      "comment on schema public is 'ours'",
      "create table public.t (a int)",
    ],
  },
  {
    of: "literals without a name in subqueries, and joins without a common column",
    made: [
      "create table t (a text, b int, c date)",
      "create table u (x int)",
      `create policy p on t using (a = (select 'x') or b > (select -1) and a < (select null) or a = (select 'c' collate "C"))`,
      "create view v as select a, (select 'x') as s, exists (select 'a' from t) as e from t where a in (select 'a' union select 'b')",
      "create view w as select array(select 'x'::varchar(3)) as a, (select 1e10) as b, (select 5000000000) as c, (select true) as d",
      "create view j as select * from t natural left join u",
      "create function f() returns text language sql begin atomic select 'a' union all select null; end",
      "create procedure g() language sql begin atomic insert into t (a, b) select 'a', -1; update t set a = 'z' returning 'q', -1; end",
      "create rule r as on delete to t do instead insert into t (a) select 'x' where exists (select 'y')",
    ],
  },
];
