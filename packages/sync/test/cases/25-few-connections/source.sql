create table t (id int primary key); insert into t values (1);
--@ admin
alter database "DATABASE" connection limit 3;
