create table erased_callers (
  organization_id text not null,
  caller_ref text not null,
  tail_length integer not null,
  tail_hash text not null,
  erased_at bigint not null,
  primary key (organization_id, caller_ref)
);
