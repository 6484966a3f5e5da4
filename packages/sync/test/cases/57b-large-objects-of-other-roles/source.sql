create table t (id int primary key);
insert into t values (1);
select lo_from_bytea(400001, 'a');
select lo_from_bytea(400002, 'b');
select lo_from_bytea(400003, 'c');
