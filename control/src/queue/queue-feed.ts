import type { OutboxConsumer, OutboxEvent } from '../domains/outbox/service.js';
import { dayOf, isId } from '../ids.js';
import type { Queryable } from '../store/database.js';
import { factsOf, writeEvent } from './event-message.js';
import { append } from './local-queue.js';

/** Copies what happened into the queue's table, in the transaction in which it leaves the outbox. */
export class QueueFeed implements OutboxConsumer {
  /** @param onFed told when something is durable. */
  constructor(private readonly onFed: () => void) {}

  async take(tx: Queryable, events: readonly OutboxEvent[]): Promise<void> {
    const accounts = await accountsOf(tx, events);
    await append(
      tx,
      events.map((event) => ({
        meetingId: event.meetingId,
        eventId: event.eventId,
        roomId: event.roomId,
        body: bodyOf(event, accounts.get(event.participantId ?? '') ?? null),
        traceparent: event.traceparent,
        createdAt: event.createdAt,
      })),
    );
  }

  taken(): void {
    this.onFed();
  }
}

/** Of a private message it tells that it was, and of nobody that it was theirs. */
function bodyOf(event: OutboxEvent, userId: string | null): string {
  const isPrivate = event.payload.is_private === true;
  return writeEvent({
    eventId: event.eventId,
    type: event.type,
    meetingId: event.meetingId,
    roomId: event.roomId,
    roomSeq: event.roomSeq,
    participantId: isPrivate ? null : event.participantId,
    userId: isPrivate ? null : userId,
    at: event.createdAt.getTime(),
    facts: factsOf(event.payload),
  });
}

/** Whose the seats are. An id tells its partition. */
async function accountsOf(
  tx: Queryable,
  events: readonly OutboxEvent[],
): Promise<Map<string, string>> {
  const seats = events.filter(({ participantId }) => participantId !== null && isId(participantId));
  if (seats.length === 0) return new Map();
  const rows = await tx.query<{ participantId: string; userId: string }>(
    `select p.participant_id as "participantId", p.user_id as "userId"
     from participants p
     join unnest($1::date[], $2::uuid[], $3::uuid[]) as w(day, meeting_id, participant_id)
       using (day, meeting_id, participant_id)
     where p.user_id is not null`,
    [
      seats.map(({ participantId }) => dayOf(participantId as string)),
      seats.map(({ meetingId }) => meetingId),
      seats.map(({ participantId }) => participantId),
    ],
  );
  return new Map(rows.map(({ participantId, userId }) => [participantId, userId]));
}
