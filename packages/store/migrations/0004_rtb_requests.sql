create table rtb_requests (
  organization_id text not null,
  request_id text not null,
  direction text not null,
  received_at bigint,
  inbound_rtb_id text,
  inbound_rtb_name text,
  campaign_id text,
  campaign_name text,
  publisher_id text,
  publisher_name text,
  method text,
  caller_id text,
  caller_state text,
  caller_zip text,
  outcome text not null,
  reason integer,
  best_payout bigint,
  total_routes integer,
  allocated_count integer,
  allocation_time_ms integer,
  http_status integer,
  call_log_id text,
  converted integer,
  updated_at bigint not null,
  sent_at bigint,
  auction_id text,
  rtb_id text,
  rtb_name text,
  rtb_group_id text,
  rtb_group_name text,
  buyer_id text,
  buyer_name text,
  target_id text,
  target_name text,
  bid_amount bigint,
  minimum_bid bigint,
  winning_bid bigint,
  response_time_ms integer,
  step_count integer,
  inbound_request_id text,
  digest text not null,
  request text,
  parameters text,
  eligible_routes text,
  reply text,
  steps text,
  primary key (organization_id, request_id)
);

create index inbound_rtb_by_time on rtb_requests (organization_id, received_at, request_id) where received_at is not null;
create index inbound_rtb_by_caller on rtb_requests (organization_id, caller_id, received_at, request_id) where received_at is not null;
create index inbound_rtb_by_campaign on rtb_requests (organization_id, campaign_id, received_at, request_id) where received_at is not null;
create index inbound_rtb_by_publisher on rtb_requests (organization_id, publisher_id, received_at, request_id) where received_at is not null;
create index inbound_rtb_by_endpoint on rtb_requests (organization_id, inbound_rtb_id, received_at, request_id) where received_at is not null;
create index outbound_rtb_by_time on rtb_requests (organization_id, sent_at, request_id) where sent_at is not null;
create index outbound_rtb_by_caller on rtb_requests (organization_id, caller_id, sent_at, request_id) where sent_at is not null;
create index outbound_rtb_by_campaign on rtb_requests (organization_id, campaign_id, sent_at, request_id) where sent_at is not null;
create index outbound_rtb_by_publisher on rtb_requests (organization_id, publisher_id, sent_at, request_id) where sent_at is not null;
create index outbound_rtb_by_buyer on rtb_requests (organization_id, buyer_id, sent_at, request_id) where sent_at is not null;
create index outbound_rtb_by_rtb on rtb_requests (organization_id, rtb_id, sent_at, request_id) where sent_at is not null;
create index rtb_requests_by_auction on rtb_requests (organization_id, auction_id) where auction_id is not null;
create index rtb_requests_by_inbound_request on rtb_requests (organization_id, inbound_request_id) where inbound_request_id is not null;
create index rtb_requests_by_call on rtb_requests (organization_id, call_log_id) where call_log_id is not null;
create index rtb_requests_by_update on rtb_requests (organization_id, updated_at, request_id);

create table rtb_events (
  organization_id text not null,
  request_id text not null,
  event_id text not null,
  occurred_at bigint not null,
  type text not null,
  level text not null,
  message text not null,
  step integer,
  updated_at bigint not null,
  digest text not null,
  data text,
  primary key (organization_id, request_id, event_id)
);

create index rtb_events_by_time on rtb_events (organization_id, request_id, occurred_at, event_id);
