--@ admin
create role app_owner nologin createdb;
grant app_owner to dbadmin;
alter role dbadmin set role = app_owner;
alter database "DATABASE" owner to app_owner;
create table public.t (id int primary key); insert into public.t values (1);
alter table public.t owner to app_owner;
