create table t (id int primary key); insert into t values (1);
grant select on t to app_writer with grant option;
grant select on t to app_reader;
--@ admin
create role report login;
set role app_writer;
grant select on public.t to app_reader with grant option;
grant select on public.t to report;
