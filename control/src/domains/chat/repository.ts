import { dayOf } from '../../ids.js';
import type { ChatMessage } from '../../schemas/values.js';
import type { Queryable } from '../../store/database.js';

export async function insertMessage(
  tx: Queryable,
  key: { meetingId: string; roomId: string },
  message: ChatMessage,
): Promise<void> {
  await tx.query(
    `insert into messages (day, meeting_id, message_id, room_id, participant_id, from_name,
       to_participant_id, content, sent_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
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

/** The newest messages of a meeting, oldest first. */
export async function newestMessages(
  from: Queryable,
  meetingId: string,
  limit: number,
): Promise<ChatMessage[]> {
  const rows = await from.query<MessageRow>(
    `select message_id, participant_id, from_name, to_participant_id, content, sent_at
     from messages where meeting_id = $1 order by sent_at desc, message_id desc limit $2`,
    [meetingId, limit],
  );
  return rows.reverse().map((row) => ({
    message_id: row.message_id,
    from: row.participant_id,
    from_name: row.from_name,
    ...(row.to_participant_id === null ? {} : { to: row.to_participant_id }),
    body: row.content,
    sent_at: row.sent_at.toISOString(),
  }));
}
