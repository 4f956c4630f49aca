create table organizations (
  organization_id text not null primary key,
  name text not null,
  plan text not null,
  api_access integer not null,
  created_at bigint not null
);
