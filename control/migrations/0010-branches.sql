-- A room may be on several nodes, each for the people of its region: those besides rooms.node_id.
alter table rooms add column branch_node_ids text[] not null default '{}';
create index rooms_by_branch on rooms using gin (branch_node_ids) where closed_at is null;
