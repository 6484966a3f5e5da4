create extension hstore;
create table t (id int primary key, h hstore);
insert into t values (1,'a=>1');
--@ admin
create extension pg_stat_statements;
create extension postgres_fdw;
grant usage on foreign data wrapper postgres_fdw to neondb_owner;
