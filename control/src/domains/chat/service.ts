import { isoTime } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import type { CreatingRequest, GivenAnswer, Idempotency } from '../../idempotency.js';
import { isId } from '../../ids.js';
import type { ClientPayloads } from '../../schemas/client-messages.js';
import type { NewMessage } from '../../schemas/http.js';
import type { ChatMessage } from '../../schemas/values.js';
import type { Database } from '../../store/database.js';
import type { Moderator } from '../moderation/service.js';
import { isHost, type Room, type Seat } from '../rooms/service.js';
import { messagesErased, messageWritten } from './effects.js';
import * as repository from './repository.js';

export { chatEffects } from './effects.js';

const maxBodyBytes = 4096;
/** Messages that a room remembers for newcomers. */
const historyLength = 200;

/** Who writes: somebody in the room, or an account from outside. */
export interface Author {
  /** The participant; of an account from outside its own id. */
  id: string;
  name: string;
  userId: string | null;
  /** Null: an account from outside, which may write as a host does. */
  seat: Seat | null;
}

/** Whose eyes a list of messages is for. */
export interface Reader {
  participantId: string | null;
  userId: string | null;
  /** Of somebody for whom the meeting keeps no history: nothing from before. */
  since: Date | null;
}

export function authorOf(seat: Seat): Author {
  return { id: seat.id, name: seat.participant.name, userId: seat.identity.userId, seat };
}

/** Thrown in a transaction that finds its request answered already. */
class AnsweredBefore extends Error {
  constructor(readonly answer: GivenAnswer<ChatMessage>) {
    super('answered before');
  }
}

/** Chat of a room: shown to all in the order in which it became durable. */
export class ChatService {
  constructor(
    private readonly database: Database,
    private readonly idempotency: Idempotency,
  ) {}

  /**
   * Resolves when the message is durable; it has been shown then. A command id that is on record
   * already changes nothing.
   * @throws ControlError `role_required`, `forbidden`, `bad_message`, `unknown_participant`.
   */
  async send(
    room: Room,
    seat: Seat,
    wanted: ClientPayloads['chat.send'],
    commandId: string,
  ): Promise<void> {
    const message = this.compose(room, authorOf(seat), wanted, 'bad_message');
    await room.record('message.created', seat.id, noteOf(message), {
      command: { participantId: seat.id, id: commandId },
      effects: [messageWritten({ room: roomOf(room), message, userId: seat.identity.userId })],
      committed: () => room.show(message),
    });
  }

  /** As `send`, over HTTP: its answer is written with the message. */
  async post(
    room: Room,
    author: Author,
    request: CreatingRequest & { payload: NewMessage },
  ): Promise<GivenAnswer<ChatMessage>> {
    const stored = await this.idempotency.replay<ChatMessage>(request);
    if (stored !== null) return stored;
    const message = this.compose(room, author, request.payload, 'bad_request');
    const answer = { status: 201, body: message };
    try {
      await room.record('message.created', author.seat?.id ?? null, noteOf(message), {
        within: async (tx) => {
          const before = await this.idempotency.answer(tx, request, answer);
          if (before !== null) throw new AnsweredBefore(before);
        },
        effects: [messageWritten({ room: roomOf(room), message, userId: author.userId })],
        committed: () => room.show(message),
      });
    } catch (error) {
      if (error instanceof AnsweredBefore) return error.answer;
      throw error;
    }
    return { ...answer, replayed: false };
  }

  private compose(
    room: Room,
    author: Author,
    wanted: NewMessage,
    malformed: 'bad_message' | 'bad_request',
  ): ChatMessage {
    this.check(room, author, wanted);
    if (Buffer.byteLength(wanted.body) > maxBodyBytes || wanted.body.trim() === '') {
      throw new ControlError(malformed, 'A message has 1 to 4096 bytes and is not blank.');
    }
    const { clock, ids } = room.context;
    return {
      message_id: ids.next(),
      from: author.id,
      from_name: author.name,
      ...(wanted.to === undefined ? {} : { to: wanted.to }),
      body: wanted.body,
      sent_at: isoTime(clock.now()),
    };
  }

  private check(room: Room, { seat }: Author, { to }: NewMessage): void {
    if (room.policy.chat === 'off') throw new ControlError('forbidden', 'Chat is off.');
    if (seat !== null && !seat.grants.chat) {
      throw new ControlError('role_required', 'Your role does not write here.');
    }
    if (to === undefined) return;
    if (!room.policy.private_chat) throw new ControlError('forbidden', 'Private chat is off.');
    if (!room.seats.has(to)) {
      throw new ControlError('unknown_participant', 'Whom it is for is not here.');
    }
  }

  /** The newest messages of a meeting, for a room that opens. */
  history(meetingId: string): Promise<ChatMessage[]> {
    return repository.newestMessages(this.database, meetingId, historyLength);
  }

  /** What this reader may see, oldest first, behind the message `after`. */
  list(meetingId: string, reader: Reader, after: string, limit: number): Promise<ChatMessage[]> {
    return repository.listMessages(this.database, meetingId, reader, { after, limit });
  }

  /** Of these, said in public in a meeting, those that nobody has deleted. */
  async remaining(meetingId: string, messageIds: readonly string[]): Promise<Set<string>> {
    const known = messageIds.filter(isId);
    if (known.length === 0) return new Set();
    return new Set(await repository.remainingMessages(this.database, meetingId, known));
  }

  /**
   * Takes a message back: one's own, or as a host anybody's. Its text is gone from the database too.
   * @throws ControlError `not_found`, `role_required`.
   */
  async remove(
    meetingId: string,
    room: Room | undefined,
    by: Moderator & { userId: string | null },
    messageId: string,
  ): Promise<void> {
    const found = await repository.findAuthor(this.database, meetingId, messageId);
    if (found === null) throw new ControlError('not_found', 'There is no such message.');
    const isOwn =
      found.participantId === by.id || (by.userId !== null && found.userId === by.userId);
    const isVisible = found.to === null || isOwn || found.to === by.id;
    if (!isVisible) throw new ControlError('not_found', 'There is no such message.');
    if (!isOwn && !isHost(by.role)) {
      throw new ControlError('role_required', 'Hosts may delete what others wrote.');
    }
    await this.erase(meetingId, room, by, { message_id: messageId });
  }

  /** All of them. @throws ControlError `role_required`. */
  async clear(meetingId: string, room: Room | undefined, by: Moderator): Promise<void> {
    if (!isHost(by.role)) throw new ControlError('role_required', 'Only hosts may do this.');
    await this.erase(meetingId, room, by, { all: true });
  }

  private async erase(
    meetingId: string,
    room: Room | undefined,
    by: Moderator,
    which: { message_id: string } | { all: true },
  ): Promise<void> {
    const one = 'all' in which ? null : which.message_id;
    if (room === undefined) {
      await repository.eraseMessages(this.database, meetingId, one);
      return;
    }
    await room.record('message.deleted', by.id, which, {
      effects: [messagesErased({ meetingId, messageId: one })],
      committed: () => room.forget(which),
    });
  }
}

function roomOf({ key: { meetingId, roomId } }: Room) {
  return { meetingId, roomId };
}

/** Goes into the log; nothing that leaves the room tells of private messages. */
function noteOf(message: ChatMessage): object {
  const { message_id, to } = message;
  return { message_id, ...(to === undefined ? {} : { is_private: true }) };
}
