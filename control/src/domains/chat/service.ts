import { isoTime } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import type { ClientPayloads } from '../../schemas/client-messages.js';
import type { ChatMessage } from '../../schemas/values.js';
import type { Database } from '../../store/database.js';
import type { Room, Seat } from '../rooms/service.js';
import { insertMessage, newestMessages } from './repository.js';

const maxBodyBytes = 4096;
/** Messages that a room remembers for newcomers. */
const historyLength = 100;

/** Chat of a room: shown to all in the order in which it became durable. */
export class ChatService {
  constructor(private readonly database: Database) {}

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
    this.check(room, seat, wanted);
    const { clock, ids } = room.context;
    const message: ChatMessage = {
      message_id: ids.next(),
      from: seat.id,
      from_name: seat.participant.name,
      ...(wanted.to === undefined ? {} : { to: wanted.to }),
      body: wanted.body,
      sent_at: isoTime(clock.now()),
    };
    await room.record(
      'message.created',
      seat.id,
      // Nothing that leaves the room tells of private messages.
      { message_id: message.message_id, ...(wanted.to === undefined ? {} : { is_private: true }) },
      {
        command: { participantId: seat.id, id: commandId },
        effect: (tx) => insertMessage(tx, room.key, message),
        committed: () => room.show(message),
      },
    );
  }

  private check(room: Room, seat: Seat, wanted: ClientPayloads['chat.send']): void {
    if (!seat.grants.chat) {
      if (room.policy.chat === 'off') throw new ControlError('forbidden', 'Chat is off.');
      throw new ControlError('role_required', 'Only hosts write here.');
    }
    if (Buffer.byteLength(wanted.body) > maxBodyBytes || wanted.body.trim() === '') {
      throw new ControlError('bad_message', 'A message has 1 to 4096 bytes and is not blank.');
    }
    if (wanted.to === undefined) return;
    if (!room.policy.private_chat) throw new ControlError('forbidden', 'Private chat is off.');
    if (!room.seats.has(wanted.to)) {
      throw new ControlError('unknown_participant', 'Whom it is for is not here.');
    }
  }

  /** The newest messages of a meeting, for a room that opens. */
  history(meetingId: string): Promise<ChatMessage[]> {
    return newestMessages(this.database, meetingId, historyLength);
  }
}
