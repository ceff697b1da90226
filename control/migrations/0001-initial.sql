-- The final keys. Everything that belongs to a meeting carries meeting_id, the distribution column
-- under Citus; what grows with time is partitioned by day. `day` is the UTC day in the time stamp
-- of the row's UUIDv7, so an id alone finds its partition. There are no foreign keys: rows that
-- refer to each other may lie in other partitions, shards and (later) stores.

create table meetings (
  day date not null,
  meeting_id uuid not null,
  host_id uuid,
  meeting_url text not null,
  kind text not null check (kind in ('instant', 'scheduled', 'persistent')),
  title text not null,
  description text,
  policy jsonb not null,
  scheduled_at timestamptz,
  started_at timestamptz,
  ended_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (day, meeting_id)
) partition by range (day);

-- The code in the link must be unique over all days: a table of its own, sharded by code.
create table meeting_codes (
  code text primary key,
  day date not null,
  meeting_id uuid not null
);

-- Not by day: an invite lives as long as its meeting, and is found by meeting alone.
create table invites (
  meeting_id uuid not null,
  invite_id uuid not null,
  role text not null check (role in ('host', 'cohost', 'participant')),
  secret_hash bytea not null,
  expires_at timestamptz,
  max_uses integer,
  uses integer not null default 0,
  revoked_at timestamptz,
  created_at timestamptz not null,
  primary key (meeting_id, invite_id),
  unique (meeting_id, secret_hash)
);

-- A room is the live presence of a meeting. `epoch` is the fencing token: it only grows, and who
-- holds an older one has lost the room. `event_seq` is the last number of its event log.
create table rooms (
  meeting_id uuid not null,
  room_id uuid not null,
  epoch bigint not null check (epoch >= 1),
  event_seq bigint not null default 0,
  node_id text,
  opened_at timestamptz not null,
  closed_at timestamptz,
  primary key (meeting_id, room_id)
);
create unique index rooms_one_active on rooms (meeting_id) where closed_at is null;

-- joined_at is null until the join token is used (once); left_at ends every token of the seat.
-- resume_hashes: the newest resume token and the one before it, which still holds when the answer
-- that carried the newest was lost.
create table participants (
  day date not null,
  meeting_id uuid not null,
  participant_id uuid not null,
  room_id uuid not null,
  user_id uuid,
  invite_id uuid,
  display_name text not null,
  role text not null check (role in ('host', 'cohost', 'participant')),
  device_hash bytea,
  token_id uuid not null,
  resume_hashes bytea[] not null default '{}',
  created_at timestamptz not null,
  joined_at timestamptz,
  left_at timestamptz,
  leave_reason text,
  primary key (day, meeting_id, participant_id)
) partition by range (day);
create index participants_present on participants (meeting_id, room_id) where left_at is null;

create table messages (
  day date not null,
  meeting_id uuid not null,
  message_id uuid not null,
  room_id uuid not null,
  participant_id uuid not null,
  user_id uuid,
  from_name text not null,
  to_participant_id uuid,
  content text not null,
  sent_at timestamptz not null,
  primary key (day, meeting_id, message_id)
) partition by range (day);
create index messages_by_time on messages (meeting_id, sent_at);

-- The ordered log of a room: seq is issued from rooms.event_seq in the transaction that inserts.
create table events (
  day date not null,
  meeting_id uuid not null,
  event_id uuid not null,
  room_id uuid not null,
  seq bigint not null,
  type text not null,
  participant_id uuid,
  user_id uuid,
  payload jsonb not null,
  created_at timestamptz not null,
  primary key (day, meeting_id, event_id)
) partition by range (day);
create unique index events_by_seq on events (day, meeting_id, room_id, seq);

-- What waits for the relay, written with its event. `position` orders what one relay reads.
create table outbox (
  meeting_id uuid not null,
  event_id uuid not null,
  position bigint generated always as identity,
  room_id uuid not null,
  room_seq bigint not null,
  type text not null,
  payload jsonb not null,
  created_at timestamptz not null,
  primary key (meeting_id, event_id)
);
create index outbox_by_position on outbox (position);

-- Who may not return. Lifted blocks stay as history.
create table blocks (
  meeting_id uuid not null,
  block_id uuid not null,
  participant_id uuid not null,
  user_id uuid,
  device_hash bytea,
  created_by uuid not null,
  created_at timestamptz not null,
  lifted_at timestamptz,
  primary key (meeting_id, block_id)
);
create index blocks_by_device on blocks (meeting_id, device_hash) where lifted_at is null;

-- Results of commands with a lasting effect, written with it: a command sent again after a crash
-- is answered, not applied a second time. Kept 10 minutes.
create table commands (
  meeting_id uuid not null,
  participant_id uuid not null,
  command_id text not null,
  result jsonb not null,
  created_at timestamptz not null,
  primary key (meeting_id, participant_id, command_id)
);
create index commands_by_age on commands (created_at);

-- Answers of creating requests, written with their effect. They hold links: `response` is sealed
-- with a key outside the database. Kept 24 hours.
create table idempotency_keys (
  scope text not null,
  key text not null,
  request_hash bytea not null,
  status integer not null,
  response bytea not null,
  created_at timestamptz not null,
  primary key (scope, key)
);
create index idempotency_keys_by_age on idempotency_keys (created_at);

-- Where rows go when nobody made a partition in time: late, but safe.
create table meetings_default partition of meetings default;
create table participants_default partition of participants default;
create table messages_default partition of messages default;
create table events_default partition of events default;

-- Makes the partition of one day, taking along rows that waited in the default partition.
create function ensure_day_partition(parent text, wanted date) returns void
language plpgsql as $$
declare
  name text := format('%s_%s', parent, to_char(wanted, 'YYYYMMDD'));
begin
  if to_regclass(name) is not null then
    return;
  end if;
  execute format('create table %I (like %I including all)', name, parent);
  execute format('with moved as (delete from %I where day = %L returning *) '
                 'insert into %I select * from moved', parent || '_default', wanted, name);
  execute format('alter table %I attach partition %I for values from (%L) to (%L)',
                 parent, name, wanted, wanted + 1);
end
$$;
