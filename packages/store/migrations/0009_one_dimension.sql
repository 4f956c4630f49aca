delete from call_hours;

delete from call_four_hours;

alter table call_hours rename column dimensions to dimension;

alter table call_four_hours rename column dimensions to dimension;

delete from call_marks;

insert into call_marks (organization_id, hour, mark) select distinct organization_id, started_at / 3600000 * 3600000, '' from calls;
