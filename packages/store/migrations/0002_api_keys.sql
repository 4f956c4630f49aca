create table api_keys (
  key_id text not null primary key,
  organization_id text references organizations (organization_id),
  name text not null,
  secret_hash text not null,
  scopes text not null,
  created_at bigint not null,
  expires_at bigint,
  revoked_at bigint,
  last_used_at bigint
);

create index api_keys_by_organization on api_keys (organization_id, key_id);
