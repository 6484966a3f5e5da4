create table t (id int primary key); insert into t values (1);
--@ admin
alter database "DATABASE" set app.jwt_secret = 'hunter2-hunter2';
