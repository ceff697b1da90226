import { v7 } from 'uuid';
import { type AnalyticsEvent, writeEvent } from '../queue/event-message.js';
import type { QueueMessage } from '../queue/queue.js';
import type { Queryable } from '../store/database.js';
import { eventually } from './test-redis.js';

const room = { meetingId: v7(), roomId: v7() };

/** An event of a room; without saying of which, of one that all share. */
export function anEvent(some: Partial<AnalyticsEvent> = {}): AnalyticsEvent {
  return {
    ...room,
    eventId: v7(),
    type: 'participant.joined',
    roomSeq: 1,
    participantId: v7(),
    userId: null,
    at: Date.UTC(2026, 0, 15, 12),
    facts: { role: 'participant' },
    ...some,
  };
}

/** `rooms` rooms with `each` events, written in turn, as they come from a relay. */
export function eventsOf(rooms: number, each: number): AnalyticsEvent[] {
  const all = Array.from({ length: rooms }, () => ({ meetingId: v7(), roomId: v7() }));
  return Array.from({ length: each }, (_, index) => index + 1).flatMap((roomSeq) =>
    all.map((one) => anEvent({ ...one, roomSeq })),
  );
}

/** As journals write them. */
export async function intoOutbox(
  database: Queryable,
  events: readonly AnalyticsEvent[],
): Promise<void> {
  await database.query(
    `insert into outbox (meeting_id, event_id, room_id, room_seq, type, participant_id, payload,
       created_at)
     select (e ->> 'meetingId')::uuid, (e ->> 'eventId')::uuid, (e ->> 'roomId')::uuid,
       (e ->> 'roomSeq')::bigint, e ->> 'type', (e ->> 'participantId')::uuid, e -> 'facts',
       to_timestamp((e ->> 'at')::bigint / 1000.0)
     from jsonb_array_elements($1::jsonb) with ordinality as w(e, number) order by number`,
    [JSON.stringify(events)],
  );
}

/** Waits until a number is what it should be, for as long as it changes: a minute without is too long. */
export async function reaches(
  what: string,
  wanted: number,
  read: () => Promise<number>,
): Promise<void> {
  let now = await read();
  while (now !== wanted) {
    now = await eventually(`${what}: ${now} of ${wanted}`, async () => {
      const next = await read();
      return next === now ? undefined : next;
    });
  }
}

/** As a writer to the queue is given them. */
export function messagesFor(events: readonly AnalyticsEvent[]): QueueMessage[] {
  return events.map((event) => ({ key: event.roomId, value: writeEvent(event), headers: {} }));
}

/** Of a row of `room_events`, in a form that compares. */
export const storedColumns = `toString(event_id) as id, event_type, toString(room_id) as room,
  toUInt32(room_seq) as seq, toFloat64(at_ms) as at, toString(participant_id) as person`;

export function storedAs({ eventId, type, roomId, roomSeq, at, participantId }: AnalyticsEvent) {
  return { id: eventId, event_type: type, room: roomId, seq: roomSeq, at, person: participantId };
}
