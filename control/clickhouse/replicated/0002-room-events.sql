-- What the sink writes to and dashboards read from: all events of a meeting lie on one shard, so that a
-- row that came twice comes to the same one.
create table if not exists room_events on cluster '{cluster}' as room_events_local
engine = Distributed('{cluster}', currentDatabase(), room_events_local, cityHash64(meeting_id))
