create index calls_by_caller_ref on calls (organization_id, caller_ref, started_at, call_log_id);

create index inbound_rtb_by_caller_ref on rtb_requests (organization_id, caller_ref, received_at, request_id) where received_at is not null;

create index outbound_rtb_by_caller_ref on rtb_requests (organization_id, caller_ref, sent_at, request_id) where sent_at is not null;

create index incoming_webhooks_by_caller_ref on webhook_requests (organization_id, caller_ref, received_at, request_id) where received_at is not null;
