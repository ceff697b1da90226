/**
 * What the server sends on the WebSocket, by `t`: the schema of `d`. Envelope: `{"t", "re"?,
 * "seq"?, "d"}`. `seq` numbers the events in `sequenced`, gap-free per participant, so that a
 * resume sends again exactly what was missed. What is `ephemeral` may be dropped: latest wins.
 */

import { type Static, type TSchema, Type } from 'typebox';
import { type ErrorCode, errorCodes } from './errors.js';
import {
  ChatMessage,
  Choice,
  Direction,
  DisplayName,
  Epoch,
  Grants,
  IceServer,
  Id,
  Layer,
  Mid,
  Nullable,
  Participant,
  Policy,
  Publication,
  PublicationLayer,
  Revision,
  Role,
  Sdp,
  Slot,
  Source,
  Time,
} from './values.js';

const Snapshot = Type.Object({
  participants: Type.Array(Participant),
  publications: Type.Array(Publication),
  hands: Type.Array(Type.Object({ participant_id: Id, raised_at: Time })),
  spotlight: Type.Array(Id),
  recording: Type.Null(),
  /** The newest, oldest first; empty when the meeting keeps no history for newcomers. */
  last_messages: Type.Array(ChatMessage),
});

const Timestamp = Type.Object({ ts: Type.Number() });
const Nothing = Type.Object({});

export const serverPayloads = {
  /**
   * Answers `hello`. `resumed: true`: no snapshot; `seq` repeats the client's `last_seq` and the
   * missed events follow. Otherwise `seq` is where the numbering goes on from, `snapshot` is the
   * whole state, and both transports start anew.
   */
  joined: Type.Object({
    version: Type.Integer(),
    participant_id: Id,
    room_id: Id,
    epoch: Epoch,
    role: Role,
    grants: Grants,
    /** For the next `hello` after a lost socket; used once, replaced by each `joined`. */
    resume_token: Type.String(),
    resumed: Type.Boolean(),
    ice_servers: Type.Array(IceServer),
    policy: Policy,
    snapshot: Type.Optional(Snapshot),
  }),
  token: Type.Object({ kind: Choice(['participant']), token: Type.String(), expires_at: Time }),
  'publish.answer': Type.Object({
    epoch: Epoch,
    rev: Revision,
    sdp: Sdp,
    publications: Type.Array(Type.Object({ cid: Type.String(), publication_id: Id, mid: Mid })),
  }),
  /** Layers nobody watches are switched off (and on again) by `active`. */
  'publish.layers': Type.Object({
    publication_id: Id,
    encodings: Type.Array(
      Type.Object({
        rid: Type.String(),
        active: Type.Boolean(),
        max_bitrate_bps: Type.Optional(Type.Integer()),
      }),
    ),
  }),
  /** The server always offers this direction: no glare. */
  'subscribe.offer': Type.Object({
    epoch: Epoch,
    rev: Revision,
    sdp: Sdp,
    map: Type.Array(Slot),
  }),
  /** Slots reused with no new session description. The whole map each time. */
  'subscribe.map': Type.Object({ rev: Revision, map: Type.Array(Slot) }),
  candidate: Type.Object({
    epoch: Epoch,
    direction: Direction,
    rev: Revision,
    mid: Mid,
    ufrag: Type.String(),
    candidate: Nullable(Type.String()),
  }),
  /** To everybody, the publisher included. */
  'publication.added': Publication,
  'publication.updated': Type.Object({
    publication_id: Id,
    muted: Type.Optional(Type.Boolean()),
    layers: Type.Optional(Type.Array(PublicationLayer)),
  }),
  'publication.removed': Type.Object({ publication_id: Id, reason: Type.String() }),
  'subscription.state': Type.Object({
    items: Type.Array(
      Type.Object({
        publication_id: Id,
        layer: Layer,
        state: Choice(['active', 'paused']),
        reason: Type.Optional(Choice(['bandwidth', 'hidden', 'muted', 'limit'])),
      }),
    ),
  }),
  /** `level`: 0 (loudest) – 127 (silence), −dBov (RFC 6464). */
  speakers: Type.Object({
    items: Type.Array(
      Type.Object({ participant_id: Id, level: Type.Integer(), active: Type.Boolean() }),
    ),
    dominant: Nullable(Id),
  }),
  /** Of everybody's connection to the node, each 2 s: `score` from 1 (bad) to 5, losses as shares. */
  quality: Type.Object({
    items: Type.Array(
      Type.Object({
        participant_id: Id,
        score: Type.Integer({ minimum: 1, maximum: 5 }),
        uplink_loss: Type.Number(),
        downlink_loss: Type.Number(),
        rtt_ms: Type.Integer(),
      }),
    ),
  }),
  'participant.joined': Type.Object({ participant: Participant }),
  /** Changed fields only. */
  'participant.updated': Type.Object({
    id: Id,
    name: Type.Optional(DisplayName),
    role: Type.Optional(Role),
    state: Type.Optional(Choice(['joined', 'reconnecting'])),
    hand_at: Type.Optional(Nullable(Time)),
    can_unmute: Type.Optional(Type.Boolean()),
  }),
  'participant.left': Type.Object({ id: Id, reason: Choice(['left', 'removed', 'timeout']) }),
  'chat.message': ChatMessage,
  /** To the person concerned. `by` is the host's participant id. */
  moderated: Type.Object({
    action: Choice(['muted', 'removed']),
    by: Id,
    detail: Type.Object({
      source: Type.Optional(Source),
      blocked: Type.Optional(Type.Boolean()),
    }),
  }),
  /** This control process goes; media stays. Open a new socket after the delay. */
  goaway: Type.Object({
    reason: Type.String(),
    reconnect_after_ms: Type.Integer(),
    signaling: Type.Array(Type.Object({ url: Type.String(), region: Type.String() })),
  }),
  ping: Timestamp,
  pong: Timestamp,
  ok: Nothing,
  error: Type.Object({
    code: Type.Unsafe<ErrorCode>({ type: 'string', enum: errorCodes }),
    detail: Type.String(),
    retry_after_ms: Type.Optional(Type.Integer()),
    /** True: the socket closes next. */
    fatal: Type.Boolean(),
  }),
} as const satisfies Record<string, TSchema>;

export const sequenced = [
  'joined',
  'subscribe.map',
  'publication.added',
  'publication.updated',
  'publication.removed',
  'participant.joined',
  'participant.updated',
  'participant.left',
  'chat.message',
  'moderated',
] as const;

export const ephemeral = ['speakers', 'quality'] as const;

export type ServerPayloads = {
  [Type in keyof typeof serverPayloads]: Static<(typeof serverPayloads)[Type]>;
};
export type ServerType = keyof ServerPayloads;
export type SequencedType = (typeof sequenced)[number];
export type EphemeralType = (typeof ephemeral)[number];
/** What may carry `re`. */
export type AnswerType = 'joined' | 'publish.answer' | 'ok' | 'error';

export type ServerMessage = {
  [Type in ServerType]: { t: Type; d: ServerPayloads[Type] } & (Type extends SequencedType
    ? { seq: number }
    : { seq?: never }) &
    (Type extends AnswerType ? { re?: string } : { re?: never });
}[ServerType];

/** An event that is sent again after a resume. */
export type SequencedMessage = Extract<ServerMessage, { seq: number }>;
export type Snapshot = Static<typeof Snapshot>;
