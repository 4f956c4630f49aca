alter table rtb_requests add column timeout_ms integer;
