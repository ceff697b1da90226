/** The messages of the WebSocket as a client sees them, and everything they are made of. */
import type {
  ClientPayloads,
  EphemeralType,
  NoteType,
  SequencedType,
  ServerPayloads,
} from './contract.gen.js';

export type * from './contract.gen.js';

export type ClientType = keyof ClientPayloads;
/** What gets one answer: everything but the notes. */
export type CommandType = Exclude<ClientType, NoteType>;

/** A message that gets one answer. `ack`: the highest `seq` received. */
export type ClientCommand<Type extends CommandType = CommandType> = {
  [T in Type]: { t: T; id: string; ack?: number; d: ClientPayloads[T] };
}[Type];

export type ClientNote<Type extends NoteType = NoteType> = {
  [T in Type]: { t: T; ack?: number; d: ClientPayloads[T] };
}[Type];

export type ClientMessage = ClientCommand | ClientNote;

export type ServerType = keyof ServerPayloads;
/** What may carry `re`: the id of the command that it answers. */
export type AnswerType = 'lobby.waiting' | 'joined' | 'publish.answer' | 'ok' | 'error';

export type ServerMessage = {
  [Type in ServerType]: { t: Type; d: ServerPayloads[Type] } & (Type extends SequencedType
    ? { seq: number }
    : { seq?: never }) &
    (Type extends AnswerType ? { re?: string } : { re?: never });
}[ServerType];

/** May be dropped: the latest wins. */
export type EphemeralMessage = Extract<ServerMessage, { t: EphemeralType }>;
export type Snapshot = NonNullable<ServerPayloads['joined']['snapshot']>;
export type TrackDeclaration = ClientPayloads['publish.offer']['tracks'][number];
export type SubscriptionWish = ClientPayloads['subscription.set']['items'][number];

/** One page of a list; `next_cursor` is for the next call. */
export interface Listed<Item> {
  items: Item[];
  next_cursor: string | null;
}

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
