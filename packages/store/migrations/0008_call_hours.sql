drop table call_rollups;

drop table call_marks;

create table call_hours (
  organization_id text not null,
  dimensions text not null,
  start bigint not null,
  value text not null,
  calls bigint not null,
  connected bigint not null,
  converted bigint not null,
  duplicates bigint not null,
  magic_calls bigint not null,
  duration_seconds_sum bigint not null,
  duration_seconds_known bigint not null,
  connected_seconds_sum bigint not null,
  connected_seconds_known bigint not null,
  billable_seconds_sum bigint not null,
  billable_seconds_known bigint not null,
  revenue_paid_out bigint not null,
  publisher_paid_out bigint not null,
  cost bigint not null,
  profit bigint not null,
  revenue_unknown bigint not null,
  payout_unknown bigint not null,
  cost_unknown bigint not null,
  profit_unknown bigint not null,
  primary key (organization_id, dimensions, start, value)
) without rowid;

create table call_four_hours (
  organization_id text not null,
  dimensions text not null,
  start bigint not null,
  value text not null,
  calls bigint not null,
  connected bigint not null,
  converted bigint not null,
  duplicates bigint not null,
  magic_calls bigint not null,
  duration_seconds_sum bigint not null,
  duration_seconds_known bigint not null,
  connected_seconds_sum bigint not null,
  connected_seconds_known bigint not null,
  billable_seconds_sum bigint not null,
  billable_seconds_known bigint not null,
  revenue_paid_out bigint not null,
  publisher_paid_out bigint not null,
  cost bigint not null,
  profit bigint not null,
  revenue_unknown bigint not null,
  payout_unknown bigint not null,
  cost_unknown bigint not null,
  profit_unknown bigint not null,
  primary key (organization_id, dimensions, start, value)
) without rowid;

create table call_marks (
  organization_id text not null,
  hour bigint not null,
  mark text not null,
  primary key (organization_id, hour, mark)
) without rowid;

insert into call_marks (organization_id, hour, mark) select distinct organization_id, started_at / 3600000 * 3600000, '' from calls;
