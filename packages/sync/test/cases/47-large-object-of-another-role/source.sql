create table t (id int primary key); insert into t values (1);
--@ admin
create role uploader nologin;
select lo_from_bytea(800001, 'x');
alter large object 800001 owner to uploader;
