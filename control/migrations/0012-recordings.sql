-- Server-side recordings. The recorder writes; this says what there is and where.
create table recordings (
  meeting_id uuid not null,
  recording_id uuid not null,
  room_id uuid not null,
  title text not null,
  status text not null check (status in ('waiting_consent', 'starting', 'recording', 'paused', 'degraded',
    'processing', 'ready', 'failed')),
  reason text,
  -- By a host; the status may show something else, as consent that is lacking.
  is_paused boolean not null default false,
  consent text not null check (consent in ('inform', 'ask_each', 'all_must_accept')),
  -- By whom: the account, or the seat.
  started_by uuid,
  -- The recorder that has it, and how many had it.
  recorder_id uuid,
  take integer not null default 0,
  started_at timestamptz,
  stopped_at timestamptz,
  -- Of recorded time, as it was told last, and when that was: who takes the room over goes on from there.
  recorded_ms bigint not null default 0,
  recorded_at timestamptz,
  size_bytes bigint not null default 0,
  -- Takes whose files are all stored.
  stored_takes integer[] not null default '{}',
  expires_at timestamptz,
  created_at timestamptz not null,
  -- Nobody sees it any more, and its files are being taken away.
  deleted_at timestamptz,
  -- They are gone. The row stays with the consents, as long as the meeting.
  removed_at timestamptz,
  -- Counts what clients change of it.
  version integer not null default 1,
  primary key (meeting_id, recording_id)
);
create index recordings_by_id on recordings (recording_id);
create index recordings_by_time on recordings (meeting_id, created_at, recording_id);
-- One at a time in a room.
create unique index recordings_one_live on recordings (meeting_id)
  where status in ('waiting_consent', 'starting', 'recording', 'paused', 'degraded') and deleted_at is null;
create index recordings_at_recorder on recordings (recorder_id)
  where status not in ('ready', 'failed') and deleted_at is null;

create index recordings_unsettled on recordings (stopped_at) where status = 'processing' and deleted_at is null;
create index recordings_to_remove on recordings (deleted_at) where deleted_at is not null and removed_at is null;
create index recordings_by_expiry on recordings (expires_at) where expires_at is not null and deleted_at is null;

create table recording_files (
  recording_id uuid not null,
  file_id uuid not null,
  take integer,
  kind text not null check (kind in ('track', 'manifest', 'composite', 'audio')),
  object_key text not null,
  content_type text not null,
  size_bytes bigint not null,
  sha256 text not null,
  start_ms double precision not null,
  end_ms double precision not null,
  track_id text,
  participant_id uuid,
  source text,
  codec text,
  layout text,
  created_at timestamptz not null,
  primary key (recording_id, file_id)
);

-- One row for each person that was asked: never changed but by their own later answer.
create table recording_consents (
  recording_id uuid not null,
  participant_id uuid not null,
  name text not null,
  user_id uuid,
  accepted boolean,
  text_version text not null,
  asked_at timestamptz not null,
  answered_at timestamptz,
  primary key (recording_id, participant_id)
);

create table recording_renders (
  recording_id uuid not null,
  render_id uuid not null,
  layout text not null check (layout in ('gallery', 'speaker', 'screen_first', 'audio')),
  state text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed', 'canceled')),
  progress double precision not null default 0,
  attempts integer not null default 0,
  recorder_id uuid,
  -- This attempt.
  begun_at timestamptz,
  cpu_seconds double precision not null default 0,
  detail text,
  file_id uuid,
  created_at timestamptz not null,
  finished_at timestamptz,
  primary key (recording_id, render_id)
);
create index recording_renders_waiting on recording_renders (created_at) where state in ('queued', 'running');
create index recording_renders_by_id on recording_renders (render_id);

create table recording_shares (
  recording_id uuid not null,
  share_id uuid not null,
  secret_hash bytea not null,
  passcode_hash text,
  created_by uuid,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  primary key (recording_id, share_id)
);
create index recording_shares_by_id on recording_shares (share_id);

-- A recorder is enrolled as nodes are.
alter table nodes add column kind text not null default 'media' check (kind in ('media', 'recorder'));
alter table node_tokens add column kind text not null default 'media' check (kind in ('media', 'recorder'));
