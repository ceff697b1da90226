-- Media nodes that were enrolled. Who they are; how they are is in their beats.
create table nodes (
  node_id uuid primary key,
  name text not null,
  region text not null,
  enrolled_at timestamptz not null,
  last_seen_at timestamptz not null,
  -- New rooms go elsewhere, and those that are there move; by `drain_until` they are closed.
  draining_since timestamptz,
  drain_until timestamptz,
  -- Its certificate is of no use any more.
  removed_at timestamptz,
  -- The one in the process of a machine of its own.
  is_sole boolean not null default false
);

-- Each makes one node, once.
create table node_tokens (
  token_hash bytea primary key,
  created_by uuid,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  node_id uuid
);

-- Control processes that are there, each written by itself; beat_at is how old its word is.
create table control_processes (
  control_id uuid primary key,
  fleet_address text not null,
  origin text,
  region text not null,
  started_at timestamptz not null,
  beat_at timestamptz not null
);

-- The process that has the room. Null: of before the fleet.
alter table rooms add column control_id uuid;
-- What a node has, and where a room is that a node describes: of open rooms only.
create index rooms_by_node on rooms (node_id) where closed_at is null;
create index rooms_by_id on rooms (room_id) where closed_at is null;
create index rooms_by_control on rooms (control_id) where closed_at is null;

-- What other processes do in their rooms when an account changes: written with the change, read by
-- each of them, kept for ten minutes. `change` is null when the account is disabled or gone.
create table account_news (
  news_id uuid primary key,
  user_id uuid not null,
  change jsonb,
  created_at timestamptz not null
);
create index account_news_by_age on account_news (created_at);
