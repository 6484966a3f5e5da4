create extension hstore;
create table t (id int primary key);
insert into t values (1);
--@ admin
create role stranger login;
create role report login;
alter default privileges for role stranger in schema public grant select on tables to report;
alter default privileges for role sandbox_admin grant select on tables to report;
grant execute on function hstore(text,text) to report;
