create table session (id int, month int, primary key (id, month)) partition by list (month);
create table session_3 partition of session for values in (3);
create table session_1 partition of session for values in (1);
create table event (id int primary key, session_id int, session_month int, foreign key (session_id, session_month) references session);
-- New partitions are created, old ones are dropped.
create table session_2 partition of session for values in (2);
create table session_4 partition of session for values in (4);
insert into session values (1,2),(2,3),(3,4);
insert into event values (1,1,2),(2,2,3);
alter table session detach partition session_1;
drop table session_1;
