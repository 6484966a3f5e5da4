-- Runs after app.sql: the application's database some weeks earlier. It has fewer rows, lacks a column and an index,
-- and contains a table that the application has dropped since.

create table old_leads (
  id serial primary key,
  email text not null,
  created_at timestamptz not null
);

insert into old_leads (email, created_at)
select 'lead' || n || '@example.net', timestamptz '2024-05-01 00:00:00+00' + n * interval '1 day'
from generate_series(1, 57) as n;

delete from contacts where id > 331;
delete from events where occurred_at > '2026-11-10 00:00:00+00';
delete from projects where id > 9;
delete from schema_migrations where version > 20260112000000;

alter table contacts drop column client_address;
drop index events_project_idx;

create view leads_by_month as
select date_trunc('month', created_at) as month, count(*) from old_leads group by 1;

refresh materialized view project_statistics;
