--@ admin
create extension plcronlike;
revoke pg_read_all_data from neon_superuser;
--@ owner
create table t (id int primary key); insert into t values (1);
