/** Who is in a meeting or waits for it, what hosts may do about it, and the chat. */

import { type Static, Type } from 'typebox';
import {
  ChatMessage,
  DisplayName,
  Id,
  Nullable,
  Participant,
  Role,
  Source,
  Time,
  Waiting,
} from '../values.js';
import { Listing, strict } from './common.js';

/** Those who are there now. */
export const ParticipantList = Listing(Participant);

/**
 * Hosts; all of it or, where one part is refused, nothing. `audio_muted`, `video_muted`: false lifts
 * what hosts have switched off; it stays off until the person switches it on, which they may then.
 */
export const ParticipantChange = Type.Object(
  {
    role: Type.Optional(Role),
    audio_muted: Type.Optional(Type.Boolean()),
    video_muted: Type.Optional(Type.Boolean()),
    can_unmute: Type.Optional(Type.Boolean()),
    /** Camera, or the screen while one is shared, large for everybody. */
    spotlight: Type.Optional(Type.Boolean()),
  },
  strict,
);

/** `block`: kept out as well. */
export const Removal = Type.Object({ block: Type.Optional(Type.Boolean()) }, strict);

export const MuteAll = Type.Object(
  {
    source: Source,
    self_unmute: Type.Boolean(),
    except: Type.Optional(Type.Array(Id, { maxItems: 1000 })),
  },
  strict,
);

export const Lobby = Type.Object({ items: Type.Array(Waiting) });

export const LobbyChoice = Type.Union([
  Type.Object({ participant_ids: Type.Array(Id, { minItems: 1, maxItems: 1000 }) }, strict),
  Type.Object({ all: Type.Literal(true) }, strict),
]);

export const LobbyMessage = Type.Object(
  { body: Type.String({ minLength: 1, maxLength: 500 }) },
  strict,
);

/** Somebody who may not return. */
export const Block = Type.Object({
  block_id: Id,
  participant_id: Id,
  /** As it was shown when the block was made. */
  name: DisplayName,
  /** What is kept out. */
  holds: Type.Object({
    account: Type.Boolean(),
    invite: Type.Boolean(),
    device: Type.Boolean(),
    ingest_key: Type.Boolean(),
  }),
  created_at: Time,
});

export const BlockList = Listing(Block);

export const NewMessage = Type.Object(
  {
    body: Type.String({ minLength: 1, maxLength: 4096 }),
    /** A participant: the message is private. */
    to: Type.Optional(Id),
  },
  strict,
);

export const MessageList = Type.Object({
  items: Type.Array(ChatMessage),
  next_cursor: Nullable(Type.String()),
});

export type ParticipantChange = Static<typeof ParticipantChange>;
export type MuteAll = Static<typeof MuteAll>;
export type Lobby = Static<typeof Lobby>;
export type LobbyChoice = Static<typeof LobbyChoice>;
export type LobbyMessage = Static<typeof LobbyMessage>;
export type Block = Static<typeof Block>;
export type NewMessage = Static<typeof NewMessage>;
