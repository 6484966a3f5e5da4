create table t (id int primary key); insert into t values (1);
--@ admin
create role tenant_app login;
grant tenant_app to dbadmin;
create table public.secrets (id int primary key, tenant text);
insert into public.secrets values (1,'a'),(2,'b');
alter table public.secrets owner to tenant_app;
alter table public.secrets enable row level security;
alter role dbadmin inherit;
revoke tenant_app from dbadmin;
grant select on public.secrets to dbadmin;
