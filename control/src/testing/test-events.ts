import { v7 } from 'uuid';
import type { AnalyticsEvent } from '../queue/event-message.js';

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
