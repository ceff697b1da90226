-- Events on their way out of Postgres.

-- What waits for Kafka or, without it, for the sink: written in the transaction in which an event
-- leaves the outbox. So webhooks wait for no broker, and what waits for a broker outlives everything.
-- `position` is given under the relay's lock: in the order of commits, an order that can be read on from.
create table event_queue (
  meeting_id uuid not null,
  event_id uuid not null,
  position bigint generated always as identity,
  room_id uuid not null,
  body text not null,
  traceparent text,
  created_at timestamptz not null,
  primary key (meeting_id, event_id)
);
create index event_queue_by_position on event_queue (position);

-- The block that the sink has begun, up to and with this position: after a crash it is cut there again.
create table event_queue_block (
  is_begun boolean primary key check (is_begun),
  last_position bigint not null
);

-- What the sink could make nothing of.
create table event_dead_letters (
  meeting_id uuid not null,
  event_id uuid not null,
  body text not null,
  reason text not null,
  primary key (meeting_id, event_id)
);
