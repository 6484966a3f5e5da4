--@ admin
create role etl_reader nologin;
create extension postgres_fdw;
grant usage on foreign data wrapper postgres_fdw to neondb_owner;
--@ owner
create server warehouse foreign data wrapper postgres_fdw options (host '127.0.0.1', dbname 'x');
create user mapping for etl_reader server warehouse options (user 'u', password 'p');
create table t (id int primary key); insert into t values (1);
