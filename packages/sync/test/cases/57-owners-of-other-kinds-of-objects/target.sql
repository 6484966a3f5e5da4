create extension hstore;
create collation coll (provider = icu, locale = 'und');
create text search configuration tsc (copy = english);
create text search dictionary tsd (template = simple);
create table t (id int primary key, v int); insert into t values (1,1);
create statistics st on id, v from t;
create type fr as range (subtype = float8, multirange_type_name = fmr);
create function nearly(a numeric, b numeric) returns boolean language sql immutable as 'select abs(a-b)<1';
create operator ~== (leftarg = numeric, rightarg = numeric, function = nearly);
create materialized view mv as select 1 as x;
create function agg_s(numeric, numeric) returns numeric language sql immutable as 'select $1+$2';
create aggregate agg(numeric) (sfunc = agg_s, stype = numeric);
--@ admin
create role app_owner login; grant app_owner to dbadmin; grant create on schema public to app_owner;
alter collation coll owner to app_owner; alter text search configuration tsc owner to app_owner; alter text search dictionary tsd owner to app_owner;
alter statistics st owner to app_owner; alter type fr owner to app_owner; alter operator ~== (numeric,numeric) owner to app_owner; alter table t owner to app_owner;
alter materialized view mv owner to app_owner; alter aggregate agg(numeric) owner to app_owner;
