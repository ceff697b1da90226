import { dayOf, isId } from '../../ids.js';
import type { ChatMessage } from '../../schemas/values.js';
import type { Queryable } from '../../store/database.js';

export async function insertMessage(
  tx: Queryable,
  key: { meetingId: string; roomId: string },
  message: ChatMessage,
  userId: string | null,
): Promise<void> {
  await tx.query(
    `insert into messages (day, meeting_id, message_id, room_id, participant_id, from_name,
       to_participant_id, content, sent_at, user_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing`,
    [
      dayOf(message.message_id),
      key.meetingId,
      message.message_id,
      key.roomId,
      message.from,
      message.from_name,
      message.to ?? null,
      message.body,
      message.sent_at,
      userId,
    ],
  );
}

interface MessageRow {
  message_id: string;
  participant_id: string;
  from_name: string;
  to_participant_id: string | null;
  content: string;
  sent_at: Date;
}

const columns = `message_id, participant_id, from_name, to_participant_id, content, sent_at`;

/** The newest messages of a meeting, oldest first. */
export async function newestMessages(
  from: Queryable,
  meetingId: string,
  limit: number,
): Promise<ChatMessage[]> {
  const rows = await from.query<MessageRow>(
    `select ${columns} from messages
     where day >= $3 and meeting_id = $1 and deleted_at is null
     order by sent_at desc, message_id desc limit $2`,
    [meetingId, limit, dayOf(meetingId)],
  );
  return rows.reverse().map(toMessage);
}

/** Public ones, and private ones of the reader's own; by id, which is by time (UUIDv7). */
export async function listMessages(
  from: Queryable,
  meetingId: string,
  reader: { participantId: string | null; userId: string | null; since: Date | null },
  { after, limit }: { after: string; limit: number },
): Promise<ChatMessage[]> {
  const rows = await from.query<MessageRow>(
    `select ${columns} from messages
     where day >= $7 and meeting_id = $1 and message_id > $2 and deleted_at is null
       and (to_participant_id is null or participant_id = $3 or to_participant_id = $3
         or user_id = $4)
       and ($5::timestamptz is null or sent_at >= $5)
     order by message_id limit $6`,
    [
      meetingId,
      after,
      reader.participantId,
      reader.userId,
      reader.since,
      limit,
      dayOf(after > meetingId ? after : meetingId),
    ],
  );
  return rows.map(toMessage);
}

/** Those of these public messages that are left. */
export async function remainingMessages(
  from: Queryable,
  meetingId: string,
  messageIds: readonly string[],
): Promise<string[]> {
  const days = new Set(messageIds.map(dayOf));
  const rows = await from.query<{ message_id: string }>(
    `select message_id from messages
     where day = any ($1) and meeting_id = $2 and message_id = any ($3)
       and deleted_at is null and to_participant_id is null`,
    [[...days], meetingId, messageIds],
  );
  return rows.map(({ message_id }) => message_id);
}

export interface Authorship {
  participantId: string;
  userId: string | null;
  to: string | null;
}

export async function findAuthor(
  from: Queryable,
  meetingId: string,
  messageId: string,
): Promise<Authorship | null> {
  if (!isId(messageId)) return null;
  const [row] = await from.query<Authorship>(
    `select participant_id as "participantId", user_id as "userId", to_participant_id as "to"
     from messages where day = $1 and meeting_id = $2 and message_id = $3 and deleted_at is null`,
    [dayOf(messageId), meetingId, messageId],
  );
  return row ?? null;
}

/** One message, or (null) all of the meeting. The row stays, its text does not. */
export async function eraseMessages(
  tx: Queryable,
  meetingId: string,
  messageId: string | null,
): Promise<void> {
  const erased = `update messages set content = '', deleted_at = now()
    where meeting_id = $1 and deleted_at is null`;
  if (messageId === null) await tx.query(erased, [meetingId]);
  else {
    const one = `${erased} and day = $2 and message_id = $3`;
    await tx.query(one, [meetingId, dayOf(messageId), messageId]);
  }
}

function toMessage(row: MessageRow): ChatMessage {
  return {
    message_id: row.message_id,
    from: row.participant_id,
    from_name: row.from_name,
    ...(row.to_participant_id === null ? {} : { to: row.to_participant_id }),
    body: row.content,
    sent_at: row.sent_at.toISOString(),
  };
}
