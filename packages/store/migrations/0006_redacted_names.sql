alter table organizations add column redacted_names text not null default '[]';
