create table call_rollups (
  organization_id text not null,
  dimension text not null,
  quarter bigint not null,
  value text not null,
  calls bigint not null,
  connected bigint not null,
  converted bigint not null,
  duplicates bigint not null,
  magic_calls bigint not null,
  duration_seconds_sum bigint,
  duration_seconds_known bigint not null,
  connected_seconds_sum bigint,
  connected_seconds_known bigint not null,
  billable_seconds_sum bigint,
  billable_seconds_known bigint not null,
  revenue_paid_out bigint,
  publisher_paid_out bigint,
  cost bigint,
  profit bigint,
  revenue_unknown bigint not null,
  payout_unknown bigint not null,
  cost_unknown bigint not null,
  profit_unknown bigint not null,
  primary key (organization_id, dimension, quarter, value)
);

create table call_marks (
  organization_id text not null,
  quarter bigint not null,
  mark text not null,
  primary key (organization_id, quarter, mark)
);

insert into call_marks (organization_id, quarter, mark) select distinct organization_id, started_at / 900000 * 900000, '' from calls;

alter table calls add column left_at bigint;
