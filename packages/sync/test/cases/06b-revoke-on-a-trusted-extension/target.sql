create extension hstore;
create table t (id int primary key, h hstore);
insert into t values (1,'a=>1');
--@ admin
create role report login;
revoke execute on function hstore(text,text) from public;
grant execute on function hstore(text,text) to report;
revoke create on schema public from public;
