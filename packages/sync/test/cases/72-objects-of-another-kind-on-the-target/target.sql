create view seen as select 1 as id;
create view counted as select 1 as n;
create table item (id int primary key);
create sequence item_id_seq;
create table owner_of_free (id int); 
create sequence free owned by owner_of_free.id;
--@ admin
create role app_owner login; grant app_owner to dbadmin; grant create on schema public to app_owner;
alter view seen owner to app_owner; alter view counted owner to app_owner; alter sequence item_id_seq owner to app_owner;
alter table owner_of_free owner to app_owner;
