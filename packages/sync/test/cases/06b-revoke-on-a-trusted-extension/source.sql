create extension hstore;
create table t (id int primary key, h hstore);
insert into t values (1,'a=>1');
