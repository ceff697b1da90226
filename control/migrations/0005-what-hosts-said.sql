-- What hosts have switched off, put on the stage and told those who wait holds after a restart too.
alter table participants add column muted_by_host text[] not null default '{}';

alter table rooms
  add column lobby_message text,
  -- [{participant_id, source}]: publications have other ids after a restart.
  add column spotlight jsonb not null default '[]';
