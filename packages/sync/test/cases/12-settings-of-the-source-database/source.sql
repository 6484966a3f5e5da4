create schema app;
create table app.t (id int primary key); insert into app.t values (1);
--@ admin
alter database "DATABASE" set search_path = app, public;
alter database "DATABASE" set timezone = 'Europe/Berlin';
alter role app_backend in database "DATABASE" set statement_timeout = '7s';
comment on database "DATABASE" is 'production';
