create table t (id int primary key); insert into t values (1);
--@ admin
create role app_owner login;
create table public.u (id int primary key); insert into public.u values (1);
alter table public.u owner to app_owner;
create table public.w (id int primary key); alter table public.w owner to app_owner;
