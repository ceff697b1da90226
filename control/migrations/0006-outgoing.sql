-- Webhooks: what caused an event, and those that do not answer.

-- W3C Trace Context.
alter table outbox add column traceparent text;
alter table webhook_deliveries add column traceparent text;

-- Of a webhook whose last try failed.
create table webhook_breakers (
  webhook_id uuid primary key,
  -- Tries that failed, one after the other.
  failures integer not null,
  -- After too many of them nothing is tried before; then one.
  paused_until timestamptz
);
