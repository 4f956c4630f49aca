create table webhook_requests (
  organization_id text not null,
  request_id text not null,
  direction text not null,
  received_at bigint,
  webhook_id text,
  webhook_name text,
  webhook_type text,
  method text not null,
  outcome text,
  error_code text,
  matched_by text,
  transaction_id text,
  phone_number text,
  campaign_id text,
  campaign_name text,
  publisher_id text,
  publisher_name text,
  buyer_id text,
  buyer_name text,
  url_host text,
  http_status integer,
  processing_time_ms integer,
  applied_at bigint,
  call_log_id text,
  updated_at bigint not null,
  created_at bigint,
  event_type text,
  status text,
  attempt_count integer,
  response_time_ms integer,
  first_attempt_at bigint,
  last_attempt_at bigint,
  next_attempt_at bigint,
  delivered_at bigint,
  digest text not null,
  request text,
  response text,
  changes text,
  primary key (organization_id, request_id)
);

create index incoming_webhooks_by_time on webhook_requests (organization_id, received_at, request_id) where received_at is not null;
create index incoming_webhooks_by_phone_number on webhook_requests (organization_id, phone_number, received_at, request_id) where received_at is not null;
create index incoming_webhooks_by_webhook on webhook_requests (organization_id, webhook_id, received_at, request_id) where received_at is not null;
create index incoming_webhooks_by_campaign on webhook_requests (organization_id, campaign_id, received_at, request_id) where received_at is not null;
create index outgoing_webhooks_by_time on webhook_requests (organization_id, created_at, request_id) where created_at is not null;
create index outgoing_webhooks_by_webhook on webhook_requests (organization_id, webhook_id, created_at, request_id) where created_at is not null;
create index outgoing_webhooks_by_campaign on webhook_requests (organization_id, campaign_id, created_at, request_id) where created_at is not null;
create index outgoing_webhooks_by_status on webhook_requests (organization_id, status, created_at, request_id) where created_at is not null;
create index webhook_requests_by_call on webhook_requests (organization_id, call_log_id) where call_log_id is not null;
create index webhook_requests_by_transaction on webhook_requests (organization_id, transaction_id) where transaction_id is not null;
create index webhook_requests_by_update on webhook_requests (organization_id, updated_at, request_id);

create table webhook_attempts (
  organization_id text not null,
  request_id text not null,
  attempt integer not null,
  started_at bigint not null,
  response_time_ms integer,
  error_code text,
  error_message text,
  updated_at bigint not null,
  digest text not null,
  request text,
  response text,
  primary key (organization_id, request_id, attempt)
);
