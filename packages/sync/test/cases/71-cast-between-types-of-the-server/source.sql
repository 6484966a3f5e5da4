create table t (id int primary key); insert into t values (1);
create type own as enum ('a');
create cast (varchar as own) with inout as implicit;
--@ admin
create cast (varchar as uuid) with inout as implicit;
