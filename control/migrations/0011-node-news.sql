-- What webhooks were told of a node last, so that each change is told once, by whichever process.
alter table nodes
  add column told text not null default 'lost' check (told in ('joined', 'draining', 'lost')),
  -- Its process, by the id that it has from its start to its end.
  add column told_incarnation text,
  -- Counts what was told.
  add column told_seq bigint not null default 0;
