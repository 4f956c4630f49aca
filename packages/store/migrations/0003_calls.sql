create table calls (
  organization_id text not null,
  call_log_id text not null,
  started_at bigint not null,
  connected_at bigint,
  ended_at bigint,
  completed_at bigint,
  status text not null,
  caller_id text,
  caller_state text,
  caller_zip text,
  dialed_number text not null,
  campaign_id text,
  campaign_name text,
  publisher_id text,
  publisher_name text,
  buyer_id text,
  buyer_name text,
  dial_type text,
  dial_type_id text,
  dial_name text,
  rtb_id text,
  rtb_name text,
  target_id text,
  target_name text,
  destination_number text,
  hangup_source text,
  hangup_cause text,
  duration_seconds integer,
  connected_seconds integer,
  billable_seconds integer,
  cost_per_min bigint,
  cost bigint,
  moja_magic integer not null,
  revenue_paid_out bigint,
  publisher_paid_out bigint,
  profit bigint,
  converted integer not null,
  call_converted_at bigint,
  no_payout_reason text,
  reason text,
  duplicate integer not null,
  recording_url text,
  inbound_request_id text,
  outbound_request_id text,
  auction_id text,
  updated_at bigint not null,
  digest text not null,
  tags text not null,
  primary key (organization_id, call_log_id)
);

create index calls_by_time on calls (organization_id, started_at, call_log_id);
create index calls_by_caller on calls (organization_id, caller_id, started_at, call_log_id);
create index calls_by_campaign on calls (organization_id, campaign_id, started_at, call_log_id);
create index calls_by_publisher on calls (organization_id, publisher_id, started_at, call_log_id);
create index calls_by_buyer on calls (organization_id, buyer_id, started_at, call_log_id);
create index calls_by_rtb on calls (organization_id, rtb_id, started_at, call_log_id) where rtb_id is not null;
create index calls_by_target on calls (organization_id, target_id, started_at, call_log_id) where target_id is not null;
create index calls_by_auction on calls (organization_id, auction_id) where auction_id is not null;
create index calls_by_inbound_request on calls (organization_id, inbound_request_id) where inbound_request_id is not null;
create index calls_by_outbound_request on calls (organization_id, outbound_request_id) where outbound_request_id is not null;
create index calls_by_update on calls (organization_id, updated_at, call_log_id);

create table call_tags (
  organization_id text not null,
  tag_key text not null,
  tag_value text not null,
  call_log_id text not null,
  primary key (organization_id, tag_key, tag_value, call_log_id)
);

create index call_tags_by_call on call_tags (organization_id, call_log_id);

create table call_events (
  organization_id text not null,
  call_log_id text not null,
  event_id text not null,
  occurred_at bigint not null,
  type text not null,
  level text not null,
  message text not null,
  updated_at bigint not null,
  digest text not null,
  data text,
  primary key (organization_id, call_log_id, event_id)
);

create index call_events_by_time on call_events (organization_id, call_log_id, occurred_at, event_id);
