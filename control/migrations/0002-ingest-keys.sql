-- Keys of programs that publish or watch over HTTP (WHIP, WHEP). They live as long as their meeting
-- and are found by meeting and hash; the key itself is shown once and never kept. Made by a
-- participant of the room, by a host's invite (both null) or, later, by a user.
create table ingest_keys (
  meeting_id uuid not null,
  ingest_key_id uuid not null,
  scope text not null check (scope in ('publish', 'view')),
  display_name text not null,
  secret_hash bytea not null,
  participant_id uuid,
  user_id uuid,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  created_at timestamptz not null,
  primary key (meeting_id, ingest_key_id),
  unique (meeting_id, secret_hash)
);

-- Such a program is a participant. Its key stands where a person's device does: device_hash is the
-- hash of the key's id, so that a block of one endpoint keeps out all of its key.
alter table participants
  add column kind text not null default 'person' check (kind in ('person', 'whip', 'whep')),
  add column ingest_key_id uuid;
