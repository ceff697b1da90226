-- As the table of a single server, on each server of a cluster: replicated by Keeper within a shard.
-- Replicated tables know the tokens of the last 1000 blocks by themselves.
create table if not exists room_events_local on cluster '{cluster}' (
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
) engine = ReplicatedReplacingMergeTree(
  '/clickhouse/tables/{shard}/{database}/room_events_local', '{replica}')
partition by event_date
order by (event_type, meeting_id, room_id, room_seq, event_id)
