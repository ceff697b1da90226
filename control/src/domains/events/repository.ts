import type { Queryable } from '../../store/database.js';

export interface RoomRecord {
  roomId: string;
  epoch: number;
  openedAt: Date;
  closedAt: Date | null;
}

/** Of a meeting, in the order of their ids: up to one more than `limit`. */
export function listRooms(
  from: Queryable,
  meetingId: string,
  { after, limit }: { after: string; limit: number },
): Promise<RoomRecord[]> {
  return from.query<RoomRecord>(
    `select room_id as "roomId", epoch, opened_at as "openedAt", closed_at as "closedAt"
     from rooms where meeting_id = $1 and room_id > $2 order by room_id limit $3`,
    [meetingId, after, limit + 1],
  );
}

/** Where an event stands: in which room, and its number there. */
export interface EventPlace {
  roomId: string;
  seq: number;
}

export interface EventRecord extends EventPlace {
  eventId: string;
  type: string;
  participantId: string | null;
  payload: Record<string, unknown>;
  createdAt: Date;
}

export interface WantedEvents {
  meetingId: string;
  after: EventPlace;
  limit: number;
  /** Rooms that closed before have no events left. */
  keptSince: Date;
}

/**
 * Behind `after`, one room after the other, each in its order: up to one more than `limit`. Walks
 * both indexes and stops there, however much a meeting has seen.
 */
export function listEvents(
  from: Queryable,
  { meetingId, after, limit, keptSince }: WantedEvents,
): Promise<EventRecord[]> {
  return from.query<EventRecord>(
    `select e.room_id as "roomId", e.seq, e.event_id as "eventId", e.type,
       e.participant_id as "participantId", e.payload, e.created_at as "createdAt"
     from rooms r cross join lateral (
       select * from events
       where meeting_id = $1 and room_id = r.room_id
         and seq > case when r.room_id = $2 then $3 else 0 end
       order by seq limit $4) e
     where r.meeting_id = $1 and r.room_id >= $2 and (r.closed_at is null or r.closed_at >= $5)
     order by r.room_id, e.seq limit $4`,
    [meetingId, after.roomId, after.seq, limit + 1, keptSince],
  );
}
