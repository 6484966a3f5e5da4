-- Everything that is difficult to copy, as far as an owner who is not a superuser can create it. Fixed values only, so that
-- two loads are equal. Runs as one transaction on PostgreSQL 14 to 18.

create schema plain;
create schema "Mixed Case";
create schema "dotted.schema ""quoted""";
create schema "schéma ☃";
create schema extensions;
comment on schema "Mixed Case" is 'A schema whose name needs quotes';

-- Extensions that the owner may create: both are trusted since PostgreSQL 13.
create extension citext with schema extensions;
create extension hstore with schema extensions;

-- ---------------------------------------------------------------- types

create type plain.mood as enum ('sad', 'ok', 'happy', 'it''s "quoted", with comma');
alter type plain.mood add value 'between' before 'ok';
create type "Mixed Case"."Status Code" as enum ('Ünïcode', '', 'UPPER', 'upper');
create domain plain.positive as integer check (value > 0);
create domain plain.short_text as varchar(20) default 'none' not null
  constraint no_tabs check (value !~ E'\t');
create domain plain.percentages as numeric(5, 2)[] check (array_length(value, 1) < 10);
create type plain.address as (street text, "House No" integer, tags text[]);
create type plain.person as (name plain.short_text, home plain.address, mood plain.mood);
create type plain.float_range as range (subtype = float8, subtype_diff = float8mi, multirange_type_name = plain.float_multirange);
create domain plain.home as plain.address check ((value).street <> 'nowhere');
comment on type plain.mood is 'How it feels; "quotes" and ''apostrophes'' in a comment
and a second line';
comment on domain plain.positive is 'More than nothing';
comment on column plain.address."House No" is 'A number';

create collation plain.ignore_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
create collation "Mixed Case"."German Phonebook" (provider = icu, locale = 'de-u-co-phonebk');

-- ---------------------------------------------------------------- functions

create function plain.twice(n integer) returns integer
language sql immutable strict as 'select n * 2';

create function plain.twice(n text, separator text default '--') returns text
language sql immutable as $f$ select n || separator || n $f$;

create function plain."Weird ""Name"" $$ %s"(variadic parts text[]) returns text
language plpgsql immutable parallel safe cost 42 as $body$
declare
  -- $$ inside, a backslash \ and a 'quote'
  result text := E'\\';
begin
  return result || array_to_string(parts, ', ');
end
$body$;

create function plain.atomic(a integer, out total bigint, out label text)
language sql stable
begin atomic
  select a + 1, 'label ' || a;
end;

create function plain.rows_of(n integer) returns table (i integer, square integer)
language sql immutable rows 5 as 'select i, i * i from generate_series(1, n) as i';

create function plain.first_of(anyelement, anyelement) returns anyelement
language sql immutable as 'select coalesce($1, $2)';

create function plain.with_settings() returns text
language sql stable security definer
set search_path = plain, pg_temp
set work_mem = '5MB' as 'select current_setting(''work_mem'')';

create procedure "Mixed Case"."Do It"(inout counter integer, label text default 'x''y')
language plpgsql as $$
begin
  counter := counter + length(label);
end
$$;

create function plain.add_state(state numeric, value numeric) returns numeric
language sql immutable as 'select coalesce(state, 0) + coalesce(value, 0) * 2';
create aggregate plain.double_sum(numeric) (sfunc = plain.add_state, stype = numeric, initcond = '0', parallel = safe);
create aggregate plain."Text List"(text) (sfunc = pg_catalog.textcat, stype = text, initcond = '');
comment on aggregate plain.double_sum(numeric) is 'Twice the sum';

create function plain.nearly(a numeric, b numeric) returns boolean
language sql immutable strict as 'select abs(a - b) < 0.01';
create operator plain.~== (leftarg = numeric, rightarg = numeric, function = plain.nearly, commutator = operator(plain.~==));
create function plain.address_text(plain.address) returns text
language sql immutable strict as $$ select $1.street || ' ' || $1."House No" $$;
create cast (plain.address as text) with function plain.address_text(plain.address) as assignment;
create text search dictionary plain.no_stop_words (template = pg_catalog.simple, accept = false);
create text search configuration plain.search (copy = pg_catalog.english);
alter text search configuration plain.search alter mapping for asciiword with plain.no_stop_words, english_stem;

-- ---------------------------------------------------------------- sequences

create sequence plain.free_counter;
select setval('plain.free_counter', 4711);
create sequence plain.never_called start 100 increment 5;
create sequence plain.set_not_called;
select setval('plain.set_not_called', 77, false);
create sequence plain.backwards increment -3 minvalue -1000 maxvalue -1 start -1;
select nextval('plain.backwards'), nextval('plain.backwards');
create sequence plain.around as smallint minvalue 5 maxvalue 8 start 7 cycle cache 1;
select nextval('plain.around'), nextval('plain.around'), nextval('plain.around');
create sequence "Mixed Case"."Near The End" as bigint start 9223372036854775800;
select nextval('"Mixed Case"."Near The End"');
create sequence plain.from_zero minvalue 0 start 0 cache 20;
select setval('plain.from_zero', 0, true);

-- ---------------------------------------------------------------- names

create table "Mixed Case"."Table" (
  "Id" integer primary key,
  "select" text,
  "with space" text,
  "with.dot" text,
  "with ""quote""" text,
  "with 'apostrophe'" text,
  "with
newline" text,
  "back\slash" text,
  "%s %I {} $1" text,
  "ÄÖÜ" text,
  "日本語" text,
  "😀" text,
  "1st" text default '1''st',
  " lead and trail " text,
  "a very long name that has the sixty-three bytes that are allowed" text
);
insert into "Mixed Case"."Table" values
  (1, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', default, 'l', 'm'),
  (2, '', E'\t', E'\n', E'\r\n', '\', '\N', '\.', '"', '''', 'ü☃😀', E'\u0001', null, ' ', repeat('x', 3000));
create table "dotted.schema ""quoted"""."dotted.table ""too""" ("a.b" integer primary key, "Ünï" text);
insert into "dotted.schema ""quoted"""."dotted.table ""too""" values (1, 'x'), (-1, 'y');
create table "schéma ☃"."naïve
table" (id integer, note text);
insert into "schéma ☃"."naïve
table" values (1, 'two lines'), (2, null);
create table plain."Table" (id integer);
create table plain."table" (id integer);
create table plain."TABLE" (id integer);
insert into plain."Table" values (1);
insert into plain."table" values (1), (2);
insert into plain."TABLE" values (1), (2), (3);
create table public."user" (id integer primary key, "order" integer);
insert into public."user" select n, -n from generate_series(1, 5) as n;
comment on table "Mixed Case"."Table" is 'It''s a "table" with \ and
two lines';
comment on column "Mixed Case"."Table"."with.dot" is 'Has a dot';

-- ---------------------------------------------------------------- values

create table plain.all_types (
  id integer primary key,
  int2 smallint, int8 bigint, dec numeric, money_value money,
  f4 real, f8 double precision,
  flag boolean, bits bit(5), varbits bit varying,
  fixed char(6), limited varchar(6), long text, internal_char "char", identifier name,
  bytes bytea,
  day date, clock time, clock_zone timetz, stamp timestamp, stamp_zone timestamptz, span interval,
  unique_id uuid, document json, document_b jsonb, path_query jsonpath, markup xml,
  host inet, network cidr, mac macaddr, mac8 macaddr8,
  spot point, line_value line, segment lseg, box_value box, path_value path, shape polygon, round circle,
  words tsvector, question tsquery,
  ints int4range, times tstzrange, many_ints int4multirange, floats plain.float_range, many_floats plain.float_multirange,
  feeling plain.mood, feelings plain.mood[], status "Mixed Case"."Status Code",
  living plain.address, people plain.person[], count plain.positive, rates plain.percentages, home plain.home,
  cube integer[][][], texts text[], odd_bounds integer[],
  log_position pg_lsn, relation regclass, type_name regtype, transaction xid8,
  ci extensions.citext, pairs extensions.hstore
);
insert into plain.all_types values (
  1, -32768, 9223372036854775807, 'NaN', '-92233720368547758.08',
  'NaN', '-Infinity', true, b'10110', b'1', 'ab', 'äöü☃', E'tab\tnewline\nbackslash\\', 'x', 'Name With Capitals',
  '\x00ff5c0a27', '-infinity', '24:00', '00:00:00.000001+15:59', 'infinity', '4713-01-01 00:00:00+00 BC',
  '-1 year 2 months -3 days 04:05:06.789', 'ffffffff-ffff-ffff-ffff-ffffffffffff',
  '{"b": 1,  "a": [1, 2], "a": null}', '{"b": 1.10, "a": {"x": "\u2603"}, "c": 1e400}', '$.a[*] ? (@ > 1)',
  '<a b="c">text &amp; more<!-- comment --></a>', '192.168.1.5/24', '10.0.0.0/8', '08:00:2b:01:02:03',
  '08:00:2b:01:02:03:04:05', '(1.5,-2)', '{1,2,3}', '[(0,0),(1,1)]', '(2,2),(1,1)', '((0,0),(1,1),(2,0))',
  '((0,0),(1,1),(2,0))', '<(1,2),3>', 'cat:1A fat:2,3 ''it''''s'':4', 'fat & !rat:A',
  '[1,10)', '[2026-01-01 00:00+00,)', '{[1,3),[5,7)}', '(0.1,0.30000000000000004]', '{(,1],[2,3)}',
  'it''s "quoted", with comma', '{happy,sad,"it''s \"quoted\", with comma",NULL}', 'Ünïcode',
  '("Main St, ""West""",12,"{a,\"b c\"}")',
  array[row('Ann', row('x', 1, null)::plain.address, 'ok')::plain.person, null],
  2147483647, '{1.25,99.99}', '(home,1,)',
  '{{{1,2},{3,4}},{{5,6},{7,8}}}', '{"",NULL,"NULL","a,b","{}","\"","\\"}', '[-1:1]={1,2,3}',
  '16/B374D848', '"Mixed Case"."Table"', 'plain.mood[]', '18446744073709551615',
  'CaSe', 'a=>1, "b c"=>NULL, "d=>"=>"\"x\""'
), (
  2, 0, 0, '-0.000', 0, '-0', '-0', false, b'00000', '', '', '', '', '', '', '', '0001-01-01 BC', '00:00', '00:00+00',
  'epoch', '2026-03-29 01:30:00.123456+00', '0', '00000000-0000-0000-0000-000000000000', '0', '{}', 'strict $',
  '', '::1', '::/0', '00:00:00:00:00:00', '00:00:00:00:00:00:00:00', '(0,0)', '{0,1,0}', '[(0,0),(0,0)]', '(0,0),(0,0)',
  '[(0,0)]', '((0,0))', '<(0,0),0>', '', '', 'empty', 'empty', '{}', 'empty', '{}', 'sad', '{}', '', '(,,)', '{}',
  1, '{}', '(,,)', '{}', '{}', '{}', '0/0', null, 'integer', '0', '', ''
), (
  3, null, -9223372036854775808, '12345678901234567890.12345678901234567890', null, '3.4028235e38', '0.1', null, null, null,
  'x', null, null, null, null, decode(repeat('00', 20000), 'hex'), 'infinity', '23:59:59.999999', '12:00-12:30',
  '-infinity', 'infinity', '178000000 years', null, 'null', 'null', null, null, null, null, null, null, null, null, null,
  null, null, null, null, null, null, '(,)', '(,)', '{(,)}', '(,)', '{(,)}', null, null, 'upper', null, null, null, null,
  null, null, null, null, null, null, null, null, null, null
);
insert into plain.all_types (id, dec, f8) values (4, 'Infinity', '2.2250738585072014e-308'), (5, 1e-1000, '1e308');
insert into plain.all_types (id) values (6);

-- ---------------------------------------------------------------- identity, generated, dropped columns

create table plain.identity_always (
  id bigint generated always as identity (start 1000 increment 10) primary key,
  label text
);
insert into plain.identity_always (label) select 'row ' || n from generate_series(1, 7) as n;
insert into plain.identity_always overriding system value values (5, 'before the start');
create table plain.identity_default (
  id smallint generated by default as identity (minvalue -10 start -10 cycle),
  label text
);
insert into plain.identity_default (label) values ('a'), ('b');
insert into plain.identity_default values (500, 'by hand');
alter sequence plain.identity_default_id_seq restart with 42;
create table plain.renamed_serial (id serial, other_id bigserial);
insert into plain.renamed_serial default values;
insert into plain.renamed_serial default values;
alter sequence plain.renamed_serial_id_seq rename to "Serial With Another Name";
create table plain.borrowed_sequence (id integer default nextval('plain.never_called'));
create table plain.generated_columns (
  id integer primary key,
  price numeric(10, 2) not null,
  doubled integer generated always as (plain.twice(id)) stored,
  label text generated always as ('#' || id || ': ' || price) stored
);
insert into plain.generated_columns (id, price) select n, n * 1.5 from generate_series(1, 20) as n;
create table plain.dropped_columns (gone integer, kept text, also_gone text, last integer default 9);
insert into plain.dropped_columns values (1, 'one', 'x', 2), (2, 'two', 'y', 3);
alter table plain.dropped_columns drop column gone, drop column also_gone;
alter table plain.dropped_columns add column added timestamptz not null default '2026-01-01 00:00:00+00';
insert into plain.dropped_columns (kept) values ('three');

-- ---------------------------------------------------------------- tables without something

create table plain.no_key (name text, amount integer);
insert into plain.no_key select 'same', 7 from generate_series(1, 5);
insert into plain.no_key values ('other', null), (null, null), (null, null);
create table plain.no_columns ();
insert into plain.no_columns default values;
insert into plain.no_columns default values;
insert into plain.no_columns default values;
create table plain.no_rows (id integer primary key, label text);
create table plain.no_rows_no_columns ();
create table plain.lost_columns (id integer);
insert into plain.lost_columns values (1), (2);
alter table plain.lost_columns drop column id;
create unlogged table plain.unlogged_table (id integer primary key, label text);
insert into plain.unlogged_table values (1, 'may be lost in a crash');
create type plain.row_type as (street text, number integer);
create table plain.typed_table of plain.row_type (primary key (street), number with options default 1);
insert into plain.typed_table (street) values ('High Street');
create table plain.many_rows (id integer, filler text) with (fillfactor = 70, autovacuum_enabled = false);
insert into plain.many_rows select n, repeat(md5(n::text), n % 5) from generate_series(1, 4000) as n;

-- ---------------------------------------------------------------- partitions

create table plain.measurements (
  taken_at timestamptz not null,
  region text not null,
  value double precision,
  id bigint not null,
  primary key (taken_at, region)
) partition by range (taken_at);
create table plain.measurements_2025 partition of plain.measurements
  for values from ('2025-01-01 00:00:00+00') to ('2026-01-01 00:00:00+00');
create table plain.measurements_2026 partition of plain.measurements
  for values from ('2026-01-01 00:00:00+00') to ('2027-01-01 00:00:00+00') partition by list (region);
create table plain."measurements_2026 EU" partition of plain.measurements_2026 for values in ('eu', 'uk');
create table plain.measurements_2026_other partition of plain.measurements_2026 default;
create table plain.measurements_rest partition of plain.measurements default;
-- Attached with its columns in another order, one of them dropped.
create table plain.measurements_2024 (
  value double precision, dropped text, region text not null, id bigint not null, taken_at timestamptz not null
);
alter table plain.measurements_2024 drop column dropped;
alter table plain.measurements attach partition plain.measurements_2024
  for values from ('2024-01-01 00:00:00+00') to ('2025-01-01 00:00:00+00');
create index measurements_value_idx on plain.measurements (value desc nulls last);
create index measurements_2025_only_idx on plain.measurements_2025 (region) where value > 0;
create table plain.measurements_detached (like plain.measurements including all);
insert into plain.measurements (taken_at, region, value, id)
select timestamptz '2023-11-01 00:00:00+00' + n * interval '37 hours', (array['eu', 'us', 'uk', 'ap'])[1 + n % 4], n / 7.0, n
from generate_series(1, 700) as n;
create table plain.hashed (id integer, label text) partition by hash (id);
create table plain.hashed_0 partition of plain.hashed for values with (modulus 2, remainder 0);
create table plain.hashed_1 partition of plain.hashed for values with (modulus 2, remainder 1);
insert into plain.hashed select n, 'h' || n from generate_series(1, 50) as n;
create table plain.by_expression (id integer, name text) partition by range (lower(name), id);
create table plain.by_expression_all partition of plain.by_expression
  for values from (minvalue, minvalue) to (maxvalue, maxvalue);
insert into plain.by_expression values (1, 'Abc'), (2, 'xyz');
create table plain.no_partitions (id integer) partition by list (id);

-- ---------------------------------------------------------------- inheritance

create table plain.animals (id integer primary key, name text not null check (name <> ''));
create table plain.flying (wing_span numeric);
create table plain.birds (song text) inherits (plain.animals, plain.flying);
create table plain.parrots (words text[] default '{hello}') inherits (plain.birds);
alter table plain.birds alter column name set default 'bird';
insert into plain.animals values (1, 'cat'), (2, 'dog');
insert into plain.flying values (0.5);
insert into plain.birds values (3, 'wren', 0.15, 'trill'), (4, default, 1, null);
insert into plain.parrots values (5, 'polly', 0.6, 'squawk', '{cracker}');

-- ---------------------------------------------------------------- constraints

create table plain.chickens (id integer primary key, egg_id integer not null, name extensions.citext unique);
create table plain.eggs (id integer primary key, chicken_id integer not null);
alter table plain.chickens add constraint "chicken's egg" foreign key (egg_id) references plain.eggs (id)
  deferrable initially deferred;
alter table plain.eggs add constraint eggs_chicken_fkey foreign key (chicken_id) references plain.chickens (id)
  on delete cascade on update cascade deferrable initially immediate;
insert into plain.chickens select n, n * 10, 'Chicken ' || n from generate_series(1, 6) as n;
insert into plain.eggs select n * 10, n from generate_series(1, 6) as n;
set constraints all immediate;
create table plain.tree (
  id integer primary key,
  parent_id integer references plain.tree (id) on delete set null,
  path integer[] not null
);
insert into plain.tree select n, nullif(n / 2, 0), array[n / 2, n] from generate_series(1, 31) as n;
create table plain.composite_parent (a integer, b integer, unique (a, b) include (b));
create table plain.composite_child (
  a integer, b integer,
  constraint "full" foreign key (a, b) references plain.composite_parent (a, b) match full
);
insert into plain.composite_parent values (1, 2), (null, 3);
insert into plain.composite_child values (1, 2), (null, null);
-- The existing rows violate both.
create table plain.not_valid (id integer primary key, tree_id integer, amount integer);
insert into plain.not_valid values (1, 999, -5), (2, 1, 5);
alter table plain.not_valid add constraint not_valid_tree_fkey foreign key (tree_id) references plain.tree (id) not valid;
alter table plain.not_valid add constraint not_valid_amount_check check (amount > 0) not valid;
create table plain.bookings (
  room text collate plain.ignore_case,
  during tstzrange not null,
  id integer,
  constraint bookings_id_key unique (id) deferrable initially deferred,
  constraint no_overlap exclude using gist (during with &&) where (room is not null)
);
insert into plain.bookings values
  ('Blue', '[2026-01-01 10:00+00,2026-01-01 11:00+00)', 1), ('blue', '[2026-01-01 11:00+00,2026-01-01 12:00+00)', 2);
create table plain.case_insensitive (
  name text collate plain.ignore_case primary key,
  sorted text collate "Mixed Case"."German Phonebook"
);
insert into plain.case_insensitive values ('Straße', 'Ärger'), ('strasse 2', 'Arger');
create table plain.partitioned_child (id integer references plain.tree (id)) partition by range (id);
create table plain.partitioned_child_1 partition of plain.partitioned_child for values from (0) to (100);
insert into plain.partitioned_child values (1), (2);
comment on constraint no_overlap on plain.bookings is 'A room is booked once';

-- ---------------------------------------------------------------- indexes, statistics, storage

create index "Index With ""Quotes""" on plain.many_rows using hash (filler);
create index many_rows_expression_idx on plain.many_rows (plain.twice(id), (filler || 'x') text_pattern_ops) where id % 2 = 0;
create unique index many_rows_id_idx on plain.many_rows (id) include (filler) with (fillfactor = 50);
create index all_types_document_idx on plain.all_types using gin (document_b jsonb_path_ops) with (fastupdate = off);
create index all_types_shape_idx on plain.all_types using gist (box_value);
create index all_types_brin_idx on plain.all_types using brin (int8) with (pages_per_range = 4);
create index all_types_spgist_idx on plain.all_types using spgist (long);
create statistics plain.many_rows_statistics (ndistinct, dependencies, mcv) on id, filler from plain.many_rows;
create statistics plain."Expression Statistics" on (id % 10), (length(filler)) from plain.many_rows;
alter statistics plain.many_rows_statistics set statistics 500;
alter table plain.many_rows alter column filler set statistics 500, alter column filler set storage external;
alter table plain.many_rows alter column id set (n_distinct = -0.5);
alter table plain.many_rows cluster on many_rows_id_idx;
alter table plain.no_key replica identity full;
alter table plain.tree replica identity using index tree_pkey;
comment on index plain.many_rows_id_idx is 'Covers';
comment on statistics plain.many_rows_statistics is 'Goes together';

-- ---------------------------------------------------------------- views, rules

create view plain.simple_view as select id, name from plain.animals;
create view plain."View on View" (number, "The Name") with (security_barrier = true) as
  select id, upper(name) from plain.simple_view where id < 100;
create view plain.checked_view as select * from plain.tree where id > 0 with local check option;
create view plain.cascaded_view as select * from plain.checked_view where id < 1000 with cascaded check option;
create recursive view plain.descendants (id, depth) as
  select id, 0 from plain.tree where parent_id is null
  union all
  select t.id, d.depth + 1 from plain.tree t join descendants d on t.parent_id = d.id;
create view plain.lateral_view as
  select t.id, r.square from plain.tree t cross join lateral plain.rows_of(t.id % 3) as r;
alter view plain.simple_view alter column name set default 'from the view';
create materialized view plain.populated with (fillfactor = 80) as
  select region, count(*) as measurements, avg(value) as mean from plain.measurements group by region;
create unique index populated_region_idx on plain.populated (region);
create materialized view plain.on_top as select sum(measurements) as total from plain.populated;
create materialized view plain.not_populated as select count(*) as n from plain.no_key with no data;
comment on view plain."View on View" is 'On top';
comment on materialized view plain.populated is 'By region';

create table plain.log (id integer generated always as identity, line text);
create rule log_inserts as on insert to plain.no_rows do also insert into plain.log (line) values (new.label);
create rule keep_rows as on delete to plain.no_rows where old.id < 0 do instead nothing;
create rule "quiet rule" as on update to plain.no_rows do also notify awkward;
alter table plain.no_rows disable rule "quiet rule";
create rule insert_into_view as on insert to plain.lateral_view do instead insert into plain.log (line) values ('view');
comment on rule log_inserts on plain.no_rows is 'Also logs';

-- ---------------------------------------------------------------- triggers

create function plain.trigger_function() returns trigger
language plpgsql as $$
begin
  insert into plain.log (line) values (tg_name || ' ' || tg_op || ' ' || coalesce(tg_argv[0], ''));
  return coalesce(new, old);
end
$$;
create trigger before_row before insert or update of label on plain.identity_always
  for each row when (new.label is not null) execute function plain.trigger_function('an ''argument''');
create trigger "Disabled Trigger" after delete on plain.identity_always
  for each row execute function plain.trigger_function();
alter table plain.identity_always disable trigger "Disabled Trigger";
create trigger replica_trigger after delete on plain.identity_always for each row execute function plain.trigger_function();
alter table plain.identity_always enable replica trigger replica_trigger;
create trigger always_trigger after truncate on plain.identity_always execute function plain.trigger_function();
alter table plain.identity_always enable always trigger always_trigger;
create constraint trigger checked_later after insert on plain.identity_default from plain.tree
  deferrable initially deferred for each row execute function plain.trigger_function('later');
create trigger transition_tables after update on plain.no_key
  referencing old table as before_rows new table as after_rows
  for each statement execute function plain.trigger_function('set');
create trigger on_partitions after insert on plain.measurements for each row execute function plain.trigger_function('part');
alter table plain.measurements_2025 disable trigger on_partitions;
create trigger instead_of instead of insert or delete on plain."View on View"
  for each row execute function plain.trigger_function('view');
insert into plain.identity_always (label) values ('with the trigger');
comment on trigger before_row on plain.identity_always is 'Writes a line';

-- ---------------------------------------------------------------- row-level security

create table plain.tenants (tenant text, secret text);
insert into plain.tenants values ('a', 'visible to a'), ('b', 'visible to b'), (null, 'visible to none');
alter table plain.tenants enable row level security;
create policy by_setting on plain.tenants for select to app_reader
  using (tenant = current_setting('app.tenant', true));
create policy "writers, may" on plain.tenants for all to app_writer using (true) with check (tenant is not null);
create policy restrict_all on plain.tenants as restrictive for update to public using (secret <> '');
comment on policy by_setting on plain.tenants is 'One tenant each';
create table plain.forced (id integer primary key, owner_name name default current_user, note text);
insert into plain.forced (id, owner_name, note) select n, 'app_writer', 'hidden ' || n from generate_series(1, 25) as n;
create policy nobody_sees on plain.forced to app_writer using (owner_name = current_user);
alter table plain.forced enable row level security;
alter table plain.forced force row level security;
-- Enabled without any policy: only the owner sees the rows.
create table plain.no_policy (id integer);
insert into plain.no_policy values (1), (2);
alter table plain.no_policy enable row level security;
create table plain.forced_not_enabled (id integer);
insert into plain.forced_not_enabled values (1);
alter table plain.forced_not_enabled force row level security;

-- ---------------------------------------------------------------- large objects

select lo_from_bytea(424242, convert_to('A large object with ünïcode', 'UTF8'));
select lo_from_bytea(424243, decode(repeat('00ff0a5c', 5000), 'hex'));
select lo_create(424244);
select lo_from_bytea(4000000000, '\x01');
create table plain.documents (name text primary key, content oid);
insert into plain.documents values ('text', 424242), ('binary', 424243), ('empty', 424244), ('dangling', 1);
comment on large object 424242 is 'A comment on a large object';
grant select on large object 424242 to app_reader;

-- ---------------------------------------------------------------- privileges, remaining comments

grant usage on schema plain, "Mixed Case", extensions to app_reader;
grant select on all tables in schema plain to app_reader;
grant insert, update ("select", "ÄÖÜ") on "Mixed Case"."Table" to app_writer with grant option;
grant execute on function plain.with_settings() to app_writer;
revoke execute on function plain.with_settings() from public;
grant usage on sequence plain.free_counter to app_writer;
grant usage on type plain.mood to app_writer;
revoke usage on type plain.mood from public;
alter default privileges in schema plain grant select on tables to app_reader;
alter default privileges revoke execute on functions from public;
comment on function plain.twice(integer) is 'n and n';
comment on procedure "Mixed Case"."Do It"(integer, text) is 'Does it';
comment on operator plain.~== (numeric, numeric) is 'Nearly the same';
comment on cast (plain.address as text) is 'Street and number';
comment on collation plain.ignore_case is 'No case';
comment on sequence plain.backwards is 'Counts down';
comment on text search configuration plain.search is 'For searching';
comment on column plain.birds.song is 'What it sings';
