-- Accounts, everything a host may do, and webhooks. `version` counts the changes of a row that
-- clients change: it is their ETag. Secrets are hashed when they need only be recognised, sealed
-- with a key outside the database when they must be shown or used again.

create table users (
  user_id uuid primary key,
  email text not null,
  -- The address as it is compared: NFC, lower case.
  email_key text not null unique,
  -- When its owner has shown to read the mail of it: by a reset link, or by single sign-on.
  email_confirmed_at timestamptz,
  username text not null,
  about text not null default '',
  avatar_key text,
  time_zone text,
  -- Null: this account logs in by single sign-on only.
  password_hash text,
  is_admin boolean not null default false,
  disabled_at timestamptz,
  version integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

-- The source of truth of what is logged in, and of what was revoked; a cache may stand before it.
create table login_sessions (
  user_id uuid not null,
  session_id uuid not null,
  token_hash bytea not null,
  user_agent text not null,
  -- Was a second factor shown at the login?
  second_factor boolean not null default false,
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  primary key (user_id, session_id)
);
create unique index login_sessions_by_token on login_sessions (token_hash);
create index login_sessions_revoked on login_sessions (revoked_at) where revoked_at is not null;
create index login_sessions_by_expiry on login_sessions (expires_at);

create table factors (
  user_id uuid not null,
  factor_id uuid not null,
  kind text not null check (kind in ('totp')),
  name text not null,
  secret_sealed bytea not null,
  -- The time step of the last code that was taken: a code is good once.
  last_step bigint,
  confirmed_at timestamptz,
  created_at timestamptz not null,
  primary key (user_id, factor_id)
);

create table recovery_codes (
  user_id uuid not null,
  code_hash bytea not null,
  used_at timestamptz,
  primary key (user_id, code_hash)
);

create table api_keys (
  user_id uuid not null,
  api_key_id uuid not null,
  name text not null,
  scopes text[] not null,
  -- Was it made by somebody who had shown a second factor? Else it is no administrator's.
  second_factor boolean not null default false,
  key_hash bytea not null,
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz not null,
  primary key (user_id, api_key_id)
);
create unique index api_keys_by_hash on api_keys (key_hash);

create table password_resets (
  token_hash bytea primary key,
  user_id uuid not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  created_at timestamptz not null
);
create index password_resets_by_user on password_resets (user_id);

-- Who an account is at a provider of single sign-on.
create table oidc_identities (
  provider text not null,
  subject text not null,
  user_id uuid not null,
  created_at timestamptz not null,
  primary key (provider, subject)
);

-- Links that make the first account an administrator; printed by a start. All go when one is used.
create table setup_tokens (
  token_hash bytea primary key,
  created_at timestamptz not null
);

alter table meetings
  add column ends_at timestamptz,
  add column time_zone text,
  add column passcode_sealed bytea,
  add column deleted_at timestamptz,
  add column version integer not null default 1;
create index meetings_by_host on meetings (host_id, meeting_id) where host_id is not null;

alter table invites drop constraint invites_role_check;
update invites set role = 'co_host' where role = 'cohost';
alter table invites
  add constraint invites_role_check check (role in ('host', 'co_host', 'participant', 'viewer')),
  add column lobby_bypass boolean not null default false,
  -- Of the meeting's own link for participants only: hosts may see it again.
  add column secret_sealed bytea;

alter table participants drop constraint participants_role_check;
update participants set role = 'co_host' where role = 'cohost';
alter table participants
  add constraint participants_role_check
    check (role in ('host', 'co_host', 'participant', 'viewer')),
  -- In the lobby since; null again when admitted.
  add column lobby_since timestamptz,
  add column hand_at timestamptz,
  -- Null: as the policy says.
  add column can_unmute boolean;

-- What a block holds on to, besides the device: any of them keeps out. created_by is null when an
-- account acted from outside of the room.
alter table blocks
  alter column created_by drop not null,
  add column invite_id uuid,
  add column ingest_key_id uuid,
  add column display_name text not null default '';
create index blocks_in_force on blocks (meeting_id) where lifted_at is null;

alter table ingest_keys
  add column passcode_sealed bytea,
  add column consent boolean not null default false;

alter table messages add column deleted_at timestamptz;

-- A meeting's log is read room after room, each in its order: the partition's day comes last.
drop index events_by_seq;
create unique index events_by_seq on events (meeting_id, room_id, seq, day);

create table webhooks (
  webhook_id uuid primary key,
  user_id uuid not null,
  url text not null,
  types text[] not null,
  -- Of all meetings, while its account is an administrator: it acted as one in the last change.
  hears_all boolean not null,
  secret_sealed bytea not null,
  -- Until when each of those before it signs too.
  former_secrets_sealed bytea[] not null default '{}',
  former_until timestamptz[] not null default '{}',
  is_enabled boolean not null default true,
  version integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index webhooks_by_user on webhooks (user_id);

-- Of which participant an event tells.
alter table outbox add column participant_id uuid;

create table webhook_deliveries (
  webhook_id uuid not null,
  delivery_id uuid not null,
  event_id uuid not null,
  -- Null: a test, of no meeting.
  meeting_id uuid,
  room_id uuid,
  room_seq bigint,
  type text not null,
  -- JSON, the very bytes that are signed and sent.
  body text not null,
  state text not null check (state in ('waiting', 'delivered', 'failed')),
  attempts integer not null default 0,
  -- Since it is to be delivered: made, or asked for again.
  waiting_since timestamptz not null,
  -- While it waits. Whoever tries to deliver moves it ahead first: a lease.
  next_attempt_at timestamptz,
  last_status integer,
  last_error text,
  delivered_at timestamptz,
  created_at timestamptz not null,
  primary key (webhook_id, delivery_id)
);
create unique index webhook_deliveries_by_event on webhook_deliveries (webhook_id, event_id);
create index webhook_deliveries_due on webhook_deliveries (webhook_id, next_attempt_at)
  where state = 'waiting';
create index webhook_deliveries_by_room on webhook_deliveries (webhook_id, room_id, room_seq)
  where state = 'waiting';
create index webhook_deliveries_by_age on webhook_deliveries (waiting_since);
