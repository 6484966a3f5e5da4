create extension hstore;
create table t (id int primary key, h hstore);
insert into t values (1,'a=>1');
--@ admin
alter role dbadmin superuser;
create extension pg_stat_statements;
create extension postgres_fdw;
create role report login;
grant select on pg_stat_statements to report;
grant execute on function pg_stat_statements_reset(oid,oid,bigint) to report;
grant usage on foreign data wrapper postgres_fdw to report;
revoke execute on function hstore(text,text) from public;
grant execute on function hstore(text,text) to app_reader;
