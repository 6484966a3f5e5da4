create extension hstore;
create table q_empty (id int, body text);
create function q_pop() returns int language sql as 'select 1';
create view q_open as select * from q_empty;
create table app (id int primary key);
insert into app values (1);
--@ admin
alter extension hstore add table q_empty;
alter extension hstore add function q_pop();
alter extension hstore add view q_open;
