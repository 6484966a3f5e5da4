create table t (id int primary key);
insert into t values (1);
select lo_from_bytea(400001, 'a');
select lo_from_bytea(400002, 'b');
select lo_from_bytea(400004, 'd');
--@ admin
create role app_owner login;
create role report login;
grant app_owner to dbadmin;
alter large object 400001 owner to app_owner;
--@ owner
grant select on large object 400002 to report;
