-- Which recorder has, or had, each take (the first is number 1): from whom files are waited for. Null: it is not known.
alter table recordings add column take_recorders uuid[] not null default '{}';
update recordings set take_recorders = array_fill(null::uuid, array[take - 1]) || recorder_id where take > 0;
