create table seen (id int primary key); insert into seen values (1);
create materialized view counted as select 1 as n;
create table item (id serial primary key);
create sequence free;
