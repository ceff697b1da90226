import type { ChatMessage } from '../../schemas/values.js';
import { type EffectKind, effectKind } from '../../store/effects.js';
import { eraseMessages, insertMessage } from './repository.js';

export const messageWritten = effectKind<{
  room: { meetingId: string; roomId: string };
  message: ChatMessage;
  /** The account of who wrote it. */
  userId: string | null;
}>('message.written', (tx, { room, message, userId }) => insertMessage(tx, room, message, userId), {
  isLasting: true,
});

/** One message, or (null) all. */
export const messagesErased = effectKind<{ meetingId: string; messageId: string | null }>(
  'messages.erased',
  (tx, { meetingId, messageId }) => eraseMessages(tx, meetingId, messageId),
  { isLasting: true },
);

export const chatEffects: readonly EffectKind[] = [messageWritten, messagesErased];
