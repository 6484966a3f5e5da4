create extension plrefsys;
create table t (id int primary key); insert into t values (1);
--@ admin
insert into refsys values (500,'own, in the reserved range'), (5000,'own');
update refsys set def = 'two, corrected' where srid = 2;
delete from refsys where srid = 1;
