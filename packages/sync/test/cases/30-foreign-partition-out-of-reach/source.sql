--@ admin
create extension postgres_fdw;
grant usage on foreign data wrapper postgres_fdw to neondb_owner;
--@ owner
create server archive foreign data wrapper postgres_fdw options (host '127.0.0.1', port '9', dbname 'old');
create user mapping for public server archive options (user 'u', password 'p');
create table log (id int, day date) partition by range (day);
create table log_new partition of log for values from ('2026-01-01') to ('2027-01-01');
create foreign table log_old partition of log for values from ('2020-01-01') to ('2026-01-01') server archive options (table_name 'log_old');
insert into log values (1,'2026-02-02');
