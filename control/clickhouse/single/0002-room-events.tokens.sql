-- A server without replicas forgets tokens at once unless told: so many blocks of a day are known again.
alter table room_events modify setting non_replicated_deduplication_window = 1000
