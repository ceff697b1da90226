-- A room may be on several nodes, each for the people of its region: those besides rooms.node_id.
alter table rooms add column branch_node_ids text[] not null default '{}';
