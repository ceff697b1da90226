-- What happened in rooms, as dashboards count it. A row that came twice is one after a merge; before
-- it, FINAL makes it one: every column of the order belongs to the event for good.
--
-- Questions are asked of some days (the partitions) and of few types; rows of a meeting lie together.
-- Milliseconds since 1970 are kept as they are: servers before 20.1 know no finer time than seconds.
create table if not exists room_events (
  event_date Date,
  event_type LowCardinality(String),
  meeting_id UUID,
  room_id UUID,
  room_seq UInt64,
  event_id UUID,
  at_ms UInt64,
  participant_id Nullable(UUID),
  user_id Nullable(UUID),
  reason LowCardinality(String),
  role LowCardinality(String),
  kind LowCardinality(String),
  source LowCardinality(String),
  is_lobby UInt8,
  is_private UInt8
) engine = ReplacingMergeTree()
partition by event_date
order by (event_type, meeting_id, room_id, room_seq, event_id)
