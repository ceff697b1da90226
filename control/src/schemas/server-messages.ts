/**
 * What the server sends on the WebSocket, by `t`: the schema of `d`. Envelope: `{"t", "re"?,
 * "seq"?, "d"}`. `seq` numbers the events in `sequenced`, gap-free per participant, so that a
 * resume sends again exactly what was missed. What is `ephemeral` may be dropped: latest wins.
 * `epoch` says which transports a message is about; where it may be absent, the newest are meant.
 */

import { type Static, type TSchema, Type } from 'typebox';
import { type ErrorCode, errorCodes } from './errors.js';
import {
  AvatarUrl,
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
  ReactionName,
  RecordingRule,
  RecordingState,
  Revision,
  Role,
  Sdp,
  Slot,
  Source,
  Time,
  Waiting,
} from './values.js';

const Hands = Type.Array(Type.Object({ participant_id: Id, raised_at: Time }));

const Snapshot = Type.Object({
  participants: Type.Array(Participant),
  publications: Type.Array(Publication),
  /** Who waited longest first. */
  hands: Hands,
  /** Publications that everybody sees large, in order. */
  spotlight: Type.Array(Id),
  /** Who waits; hosts only. */
  lobby: Type.Optional(Type.Array(Waiting)),
  /** Null: none, or it is over. */
  recording: Nullable(RecordingState),
  /** The newest, oldest first; empty when the meeting keeps no history for newcomers. */
  last_messages: Type.Array(ChatMessage),
});

const Timestamp = Type.Object({ ts: Type.Number() });
const Nothing = Type.Object({});

export const serverPayloads = {
  /**
   * Answers `hello` of somebody who has to wait, and comes again when `position` (from 1) or
   * `message` (the hosts' last word to all who wait) changes. Later `joined`, or `error` and a close.
   */
  'lobby.waiting': Type.Object({
    since: Time,
    position: Type.Optional(Type.Integer({ minimum: 1 })),
    message: Type.Optional(Type.String()),
    /** In the answer to `hello`: for the next one, after a lost socket. */
    resume_token: Type.Optional(Type.String()),
  }),
  /**
   * Answers `hello`. `resumed: true`: no snapshot; `seq` repeats the client's `last_seq` and the
   * missed events follow. Otherwise `seq` is where the numbering goes on from, `snapshot` is the
   * whole state, and both transports start anew, or are `kept` (another process has taken the room over,
   * its node forwards on): then only the epoch that they are named with is another.
   */
  joined: Type.Object({
    version: Type.Integer(),
    participant_id: Id,
    /** For what is asked over HTTP with the participant token. */
    meeting_id: Id,
    room_id: Id,
    epoch: Epoch,
    role: Role,
    grants: Grants,
    /** For the next `hello` after a lost socket; used once, replaced by each `joined`. */
    resume_token: Type.String(),
    resumed: Type.Boolean(),
    /** Absent: `kept` when resumed, else `new`. */
    transports: Type.Optional(Choice(['kept', 'new'])),
    /** Something comes from the node on each transport at least this often; absent: no promise. */
    media_beat_ms: Type.Optional(Type.Integer({ minimum: 50, maximum: 5000 })),
    /** Where the room would go if its node were lost; the ticket is shown in `media.lost`. */
    standby: Type.Optional(Type.Object({ node_id: Id, ticket: Type.String() })),
    ice_servers: Type.Array(IceServer),
    policy: Policy,
    snapshot: Type.Optional(Snapshot),
  }),
  token: Type.Object({
    kind: Choice(['participant', 'standby']),
    token: Type.String(),
    expires_at: Time,
  }),
  'publish.answer': Type.Object({
    epoch: Epoch,
    rev: Revision,
    sdp: Sdp,
    publications: Type.Array(Type.Object({ cid: Type.String(), publication_id: Id, mid: Mid })),
  }),
  /** Layers nobody watches are switched off (and on again) by `active`. */
  'publish.layers': Type.Object({
    epoch: Type.Optional(Epoch),
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
  'subscribe.map': Type.Object({
    epoch: Type.Optional(Epoch),
    rev: Revision,
    map: Type.Array(Slot),
  }),
  candidate: Type.Object({
    epoch: Epoch,
    direction: Direction,
    rev: Revision,
    mid: Mid,
    ufrag: Type.String(),
    candidate: Nullable(Type.String()),
  }),
  /**
   * To everybody, the publisher included. A known id says that the same track comes by another node now.
   */
  'publication.added': Publication,
  'publication.updated': Type.Object({
    publication_id: Id,
    muted: Type.Optional(Type.Boolean()),
    layers: Type.Optional(Type.Array(PublicationLayer)),
  }),
  'publication.removed': Type.Object({ publication_id: Id, reason: Type.String() }),
  'subscription.state': Type.Object({
    epoch: Type.Optional(Epoch),
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
  /**
   * Of connections to the node: all of them soon after a `joined`, then about each 2 s those that are
   * not as they were told. `score` from 1 (bad) to 5, losses as shares.
   */
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
  /** To the person concerned: what holds from now on. */
  grants: Type.Object({ role: Role, grants: Grants }),
  /** Changed fields only. */
  policy: Type.Partial(Policy),
  'hand.list': Type.Object({ items: Hands }),
  reaction: Type.Object({ participant_id: Id, name: ReactionName }),
  spotlight: Type.Object({ publication_ids: Type.Array(Id) }),
  /** Hosts only: everybody who waits, longest first. `knock`: somebody came just now. */
  'lobby.list': Type.Object({ items: Type.Array(Waiting), knock: Type.Boolean() }),
  'participant.joined': Type.Object({ participant: Participant }),
  /** Changed fields only. */
  'participant.updated': Type.Object({
    id: Id,
    name: Type.Optional(DisplayName),
    role: Type.Optional(Role),
    state: Type.Optional(Choice(['joined', 'reconnecting'])),
    hand_at: Type.Optional(Nullable(Time)),
    can_unmute: Type.Optional(Type.Boolean()),
    avatar_url: Type.Optional(Nullable(AvatarUrl)),
  }),
  'participant.left': Type.Object({
    id: Id,
    reason: Choice(['left', 'removed', 'timeout', 'ended']),
  }),
  'chat.message': ChatMessage,
  'chat.deleted': Type.Union([
    Type.Object({ message_id: Id }),
    Type.Object({ all: Type.Literal(true) }),
  ]),
  /** To the person concerned. `by` is the host's participant id. */
  moderated: Type.Object({
    action: Choice(['muted', 'asked_to_unmute', 'removed', 'role', 'hand_lowered', 'denied']),
    /** Null: somebody with an account, over HTTP; or nobody, as for the heir of a host who is gone. */
    by: Nullable(Id),
    detail: Type.Object({
      source: Type.Optional(Source),
      blocked: Type.Optional(Type.Boolean()),
      role: Type.Optional(Role),
    }),
  }),
  'recording.state': RecordingState,
  /** To who is asked; to somebody who has answered already it does not come again. */
  'recording.consent_request': Type.Object({
    recording_id: Id,
    policy: RecordingRule.properties.consent,
    /** Of the words that are shown: part of the record of the answer. */
    text_version: Type.String(),
  }),
  /**
   * The media of the room is on another node from now on, under a higher `epoch`. After a random part
   * of `retry_jitter_ms` the client offers `publish` under it, from `rev` 1; the server offers
   * `subscribe`. `make_before_break`: the old transports go on until the server ends them, which it
   * does when everybody has said `migrate.done`, or for `deadline_ms`; else they are dead,
   * and `deadline_ms` is 0. A later `migrate` takes the place of one that is under way.
   */
  migrate: Type.Object({
    epoch: Epoch,
    node_id: Id,
    reason: Choice(['drain', 'failure', 'rebalance', 'upgrade']),
    make_before_break: Type.Boolean(),
    deadline_ms: Type.Integer({ minimum: 0, maximum: 600_000 }),
    retry_jitter_ms: Type.Integer({ minimum: 0, maximum: 60_000 }),
  }),
  /**
   * This control process goes; media stays. Open a new socket after the delay. `signaling`: where;
   * empty: the addresses of the join are still the ones.
   */
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
  'lobby.waiting',
  'joined',
  'grants',
  'policy',
  'hand.list',
  'spotlight',
  'lobby.list',
  'migrate',
  'subscribe.map',
  'publication.added',
  'publication.updated',
  'publication.removed',
  'participant.joined',
  'participant.updated',
  'participant.left',
  'chat.message',
  'chat.deleted',
  'moderated',
  'recording.state',
  'recording.consent_request',
] as const;

export const ephemeral = ['speakers', 'quality', 'reaction'] as const;

export type ServerPayloads = {
  [Type in keyof typeof serverPayloads]: Static<(typeof serverPayloads)[Type]>;
};
export type ServerType = keyof ServerPayloads;
export type SequencedType = (typeof sequenced)[number];
export type EphemeralType = (typeof ephemeral)[number];
/** What may carry `re`. */
export type AnswerType = 'lobby.waiting' | 'joined' | 'publish.answer' | 'ok' | 'error';

export type ServerMessage = {
  [Type in ServerType]: { t: Type; d: ServerPayloads[Type] } & (Type extends SequencedType
    ? { seq: number }
    : { seq?: never }) &
    (Type extends AnswerType ? { re?: string } : { re?: never });
}[ServerType];

/** An event that is sent again after a resume. */
export type SequencedMessage = Extract<ServerMessage, { seq: number }>;
export type Snapshot = Static<typeof Snapshot>;
