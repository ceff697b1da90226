/** The WebSocket's messages as this client sees them; the schemas belong to the server. */
import type {
  ClientMessage,
  CommandType,
  ServerMessage,
  ServerPayloads,
} from '../../../control/src/schemas/index.js';

export type {
  ChatMessage,
  ClientPayloads,
  CommandType,
  Grants,
  IceServer,
  NoteType,
  Participant,
  Policy,
  Publication,
  ReactionName,
  Role,
  RoomPolicyChange,
  ServerMessage,
  ServerPayloads,
  Slot,
  Snapshot,
  Source,
  SubscriptionWish,
  Those,
  TrackDeclaration,
  Waiting,
} from '../../../control/src/schemas/index.js';

/** What a command is answered with when it is not refused. */
export type AnswerTo<Type extends CommandType> = Type extends 'publish.offer'
  ? ServerPayloads['publish.answer']
  : Type extends 'hello'
    ? ServerPayloads['joined']
    : ServerPayloads['ok'];

export function encode(message: ClientMessage): string {
  return JSON.stringify(message);
}

/**
 * Undefined for what is no message at all. The server is trusted with the shape of `d`; a type
 * that this version does not know is passed on and ignored by everybody.
 */
export function decode(text: string): ServerMessage | undefined {
  try {
    const message = JSON.parse(text) as { t?: unknown; d?: unknown };
    return typeof message.t === 'string' && typeof message.d === 'object'
      ? (message as ServerMessage)
      : undefined;
  } catch {
    return undefined;
  }
}
