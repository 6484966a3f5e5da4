-- The database of a small portfolio application, as most syncs copy it. All values are computed from series and fixed
-- dates, so that two loads are equal.

create type project_status as enum ('draft', 'published', 'archived');

create domain email_address as text
  check (value ~ '^[^@[:space:]]+@[^@[:space:]]+\.[a-z]+$');

create table users (
  id uuid primary key,
  email email_address not null unique,
  display_name text not null,
  password_hash bytea not null,
  is_admin boolean not null default false,
  last_login_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table projects (
  id integer generated always as identity primary key,
  slug text not null unique check (slug ~ '^[a-z0-9-]+$'),
  title text not null,
  description text not null default '',
  status project_status not null default 'draft',
  owner_id uuid not null references users (id),
  technologies text[] not null default '{}',
  repository_url text,
  live_url text,
  position smallint not null default 0,
  metadata jsonb not null default '{}',
  search tsvector generated always as (to_tsvector('english', title || ' ' || description)) stored,
  published_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint published_has_date check (status <> 'published' or published_at is not null)
);

create table tags (
  id serial primary key,
  name text not null unique,
  colour char(7) not null default '#888888'
);

create table project_tags (
  project_id integer not null references projects (id) on delete cascade,
  tag_id integer not null references tags (id) on delete cascade,
  primary key (project_id, tag_id)
);

create table contacts (
  id bigserial primary key,
  name text not null,
  email email_address not null,
  subject text,
  message text not null,
  project_id integer references projects (id) on delete set null,
  handled_by uuid references users (id),
  handled_at timestamptz,
  client_address inet,
  created_at timestamptz not null default now()
);

create table sessions (
  token bytea primary key,
  user_id uuid not null references users (id) on delete cascade,
  expires_at timestamptz not null
);

-- Append-only, and without a key, like many tables of events.
create table events (
  occurred_at timestamptz not null,
  kind text not null,
  user_id uuid,
  project_id integer,
  duration interval,
  payload jsonb not null default '{}'
);

create table settings (
  key text primary key,
  value jsonb not null,
  updated_at timestamptz not null default now()
);

create table schema_migrations (
  version bigint primary key,
  name text not null,
  applied_at timestamptz not null
);

insert into users (id, email, display_name, password_hash, is_admin, last_login_at, created_at, updated_at)
select
  md5('user ' || n)::uuid,
  'user' || n || '@example.com',
  (array['Ada', 'Grace', 'Edsger', 'Barbara', 'Donald', 'Margaret'])[1 + n % 6] || ' ' || n,
  sha256(convert_to('password ' || n, 'UTF8')),
  n = 1,
  case when n % 3 > 0 then timestamptz '2026-10-01 08:00:00+00' + n * interval '7 hours 13 minutes' end,
  timestamptz '2025-01-15 09:30:00+00' + n * interval '1 day',
  timestamptz '2025-01-15 09:30:00+00' + n * interval '2 days'
from generate_series(1, 60) as n;

insert into projects (slug, title, description, status, owner_id, technologies, repository_url, live_url, position,
                      metadata, published_at, created_at, updated_at)
select
  'project-' || n,
  (array['Weather board', 'Recipe box', 'Trail map', 'Budget', 'Chess clock', 'Reading list'])[1 + n % 6] || ' ' || n,
  repeat('A project that shows what was learned about caching, queues and indexes. ', 1 + n % 4),
  case when n <= 9 then 'published' when n = 12 then 'archived' else 'draft' end::project_status,
  md5('user ' || (1 + n % 4))::uuid,
  (array['TypeScript', 'PostgreSQL', 'Terraform', 'NestJS', 'Next.js'])[1 + n % 3 : 3 + n % 3],
  'https://github.com/example/project-' || n,
  case when n <= 9 then 'https://project-' || n || '.example.com' end,
  n,
  jsonb_build_object('stars', n * 17, 'featured', n % 4 = 0, 'images', jsonb_build_array('a.png', 'b.png'),
                     'note', case when n = 5 then E'naïve café \u2713 \U0001F600' end),
  case when n <= 9 then timestamptz '2026-03-01 12:00:00+00' + n * interval '9 days' end,
  timestamptz '2026-01-05 10:00:00+00' + n * interval '3 days',
  timestamptz '2026-09-05 10:00:00+00' + n * interval '3 hours'
from generate_series(1, 12) as n;

insert into tags (name, colour)
select name, '#' || substr(md5(name), 1, 6)
from unnest(array['web', 'cli', 'data', 'infrastructure', 'mobile', 'experiment', 'open source', 'C# & F#']) as name;

insert into project_tags (project_id, tag_id)
select p.id, t.id from projects p cross join tags t where (p.id + t.id) % 3 = 0;

insert into contacts (name, email, subject, message, project_id, handled_by, handled_at, client_address, created_at)
select
  'Visitor ' || n,
  'visitor' || n || '@example.org',
  case when n % 4 > 0 then 'About project ' || n % 12 end,
  E'Hello,\n\n\tI saw "project ' || n % 12 || E'" and have a question\\comment.\n' || repeat('More text. ', n % 9),
  nullif(n % 13, 0),
  case when n % 5 = 0 then md5('user 1')::uuid end,
  case when n % 5 = 0 then timestamptz '2026-11-01 10:00:00+00' + n * interval '11 minutes' end,
  ('203.0.113.' || n % 256)::inet,
  timestamptz '2026-06-01 00:00:00+00' + n * interval '9 hours 7 minutes'
from generate_series(1, 340) as n;

insert into sessions (token, user_id, expires_at)
select sha256(convert_to('session ' || n, 'UTF8')), md5('user ' || (1 + n % 60))::uuid,
       timestamptz '2026-12-01 00:00:00+00' + n * interval '1 hour'
from generate_series(1, 90) as n;

insert into events (occurred_at, kind, user_id, project_id, duration, payload)
select
  timestamptz '2026-11-01 00:00:00+00' + n * interval '5 minutes 3.25 seconds',
  (array['view', 'click', 'search', 'download'])[1 + n % 4],
  case when n % 3 = 0 then md5('user ' || (1 + n % 60))::uuid end,
  1 + n % 12,
  n % 300 * interval '0.1 seconds',
  jsonb_build_object('path', '/projects/' || n % 12, 'agent', 'browser/' || n % 7)
from generate_series(1, 3000) as n;

insert into settings (key, value, updated_at)
values
  ('site', '{"title": "Portfolio", "languages": ["en", "de"]}', '2026-05-01 00:00:00+00'),
  ('features', '{"contact_form": true, "comments": false, "limit": 12.50}', '2026-05-02 00:00:00+00'),
  ('maintenance', 'null', '2026-05-03 00:00:00+00');

insert into schema_migrations (version, name, applied_at)
select 20260101000000 + n * 1000000, 'migration ' || n, timestamptz '2026-01-01 00:00:00+00' + n * interval '1 day'
from generate_series(1, 15) as n;

create index projects_status_position_idx on projects (status, position);
create index projects_search_idx on projects using gin (search);
create index projects_metadata_idx on projects using gin (metadata jsonb_path_ops);
create index contacts_open_idx on contacts (created_at desc) where handled_at is null;
create index contacts_lower_email_idx on contacts (lower(email::text));
create index events_occurred_at_idx on events using brin (occurred_at);
create index events_project_idx on events (project_id, occurred_at desc);

create function touch_updated_at() returns trigger
language plpgsql as $$
begin
  new.updated_at := now();
  return new;
end
$$;

create trigger users_touch before update on users for each row execute function touch_updated_at();
create trigger projects_touch before update on projects for each row execute function touch_updated_at();
create trigger settings_touch before update on settings for each row execute function touch_updated_at();

create function project_event_count(project integer, since timestamptz default '-infinity') returns bigint
language sql stable as $$
  select count(*) from public.events where project_id = project and occurred_at >= since
$$;

create view published_projects as
select p.id, p.slug, p.title, p.technologies, u.display_name as owner, p.published_at
from projects p
join users u on u.id = p.owner_id
where p.status = 'published';

create view open_contacts with (security_barrier) as
select id, name, subject, created_at from contacts where handled_at is null;

create materialized view project_statistics as
select p.id as project_id, p.slug, count(e.*) as events, max(e.occurred_at) as last_event_at
from projects p
left join events e on e.project_id = p.id
group by p.id;

create unique index project_statistics_project_id_idx on project_statistics (project_id);

comment on table projects is 'What visitors see';
comment on column projects.position is 'Order on the front page';
comment on function touch_updated_at() is 'Sets updated_at to the time of the transaction';

grant usage on schema public to app_reader;
grant select on all tables in schema public to app_reader;
grant insert, update, delete on contacts, events, sessions to app_writer;
grant usage on sequence contacts_id_seq to app_writer;
revoke select on sessions from app_reader;
grant select (id, display_name) on users to app_writer;
alter default privileges in schema public grant select on tables to app_reader;
