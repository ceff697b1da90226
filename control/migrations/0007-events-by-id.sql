-- What an administrator's webhook is told again is read in the order of ids, over all meetings.
create index events_by_id on events (event_id);
