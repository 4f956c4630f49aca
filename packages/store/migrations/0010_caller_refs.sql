alter table organizations add column hash_secret text not null default '';

alter table calls add column caller_ref text;

alter table rtb_requests add column caller_ref text;

alter table webhook_requests add column caller_ref text;
