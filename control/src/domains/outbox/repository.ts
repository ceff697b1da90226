import { dayOf } from '../../ids.js';
import type { Database, Queryable } from '../../store/database.js';

/** Something that happened in a room, as its journal wrote it. */
export interface OutboxEvent {
  eventId: string;
  meetingId: string;
  roomId: string;
  /** Gap-free in its room. */
  roomSeq: number;
  type: string;
  participantId: string | null;
  payload: Record<string, unknown>;
  createdAt: Date;
  /** W3C Trace Context of what caused it; null: nobody’s request, or not kept (replays). */
  traceparent: string | null;
}

const columns = `event_id as "eventId", meeting_id as "meetingId", room_id as "roomId", type,
  participant_id as "participantId", payload, created_at as "createdAt"`;

export async function isEmpty(database: Database): Promise<boolean> {
  return (await database.query('select 1 from outbox limit 1')).length === 0;
}

const relayLock = 0x706c6f78;

/** True: until the transaction ends, no other process relays. */
export async function becomeRelay(tx: Queryable): Promise<boolean> {
  const [row] = await tx.query<{ locked: boolean }>(
    'select pg_try_advisory_xact_lock($1) as locked',
    [relayLock],
  );
  return row?.locked === true;
}

/**
 * The next events, out of the outbox when `tx` commits: those of a room in its order. By an array, as
 * a join with the rows themselves would read all that wait for each batch of them.
 */
export async function takeNext(tx: Queryable, limit: number): Promise<OutboxEvent[]> {
  const taken = await tx.query<OutboxEvent & { position: number }>(
    `delete from outbox
     where position = any (array(select position from outbox order by position limit $1))
     returning ${columns}, room_seq as "roomSeq", position, traceparent`,
    [limit],
  );
  return taken.sort((a, b) => a.position - b.position);
}

/** How many wait, and since when the first of them. */
export interface Backlog {
  pending: number;
  oldest: Date | null;
}

export async function waiting(database: Database): Promise<Backlog> {
  const [row] = await database.query<Backlog>(
    `select count(*)::int as pending,
       (select created_at from outbox order by position limit 1) as oldest from outbox`,
  );
  return row ?? { pending: 0, oldest: null };
}

export interface PastEvents {
  /** Null: of every meeting. */
  meetingIds: readonly string[] | null;
  types: readonly string[];
  /** Events that are newer than this one, by their ids. */
  after: string;
  limit: number;
}

/** From the rooms' logs, oldest first. */
export function eventsAfter(
  from: Queryable,
  { meetingIds, types, after, limit }: PastEvents,
): Promise<OutboxEvent[]> {
  return from.query<OutboxEvent>(
    `select ${columns}, seq as "roomSeq", null as traceparent from events
     where day >= $1 and event_id > $2 and type = any($3)
       and ($4::uuid[] is null or meeting_id = any($4))
     order by event_id limit $5`,
    [dayOf(after), after, types, meetingIds, limit],
  );
}
