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

/** Behind `after`, one room after the other, each in its order: up to one more than `limit`. */
export function listEvents(
  from: Queryable,
  meetingId: string,
  after: EventPlace,
  limit: number,
): Promise<EventRecord[]> {
  return from.query<EventRecord>(
    `select room_id as "roomId", seq, event_id as "eventId", type,
       participant_id as "participantId", payload, created_at as "createdAt"
     from events where meeting_id = $1 and (room_id, seq) > ($2, $3)
     order by room_id, seq limit $4`,
    [meetingId, after.roomId, after.seq, limit + 1],
  );
}
