/**
 * What a client may send on the WebSocket, by `t`: the schema of `d`. Unknown fields are ignored.
 * Envelope: `{"t", "id"?, "ack"?, "d"}`. Everything but the `notes` is a command: it carries a
 * fresh `id` and gets exactly one answer with `re`.
 */

import { type Static, type TSchema, Type } from 'typebox';
import {
  Bitrate,
  Choice,
  Direction,
  Epoch,
  Id,
  Kind,
  Layer,
  Mid,
  Nullable,
  Pixels,
  ReactionName,
  Revision,
  Role,
  RoomPolicyChange,
  Sdp,
  Source,
  Those,
} from './values.js';

const Encoding = Type.Object({
  rid: Type.Optional(Type.String({ maxLength: 16 })),
  max_bitrate_bps: Type.Optional(Bitrate),
  max_fps: Type.Optional(Type.Number({ minimum: 0, maximum: 240 })),
  scale: Type.Optional(Type.Number({ minimum: 1, maximum: 64 })),
});

/** One m-line of a publish offer; `cid` is the client's own name for the track. */
const TrackDeclaration = Type.Object({
  mid: Mid,
  cid: Type.String({ minLength: 1, maxLength: 64 }),
  kind: Kind,
  source: Source,
  muted: Type.Boolean(),
  encodings: Type.Optional(Type.Array(Encoding, { maxItems: 8 })),
  dtx: Type.Optional(Type.Boolean()),
  red: Type.Optional(Type.Boolean()),
});

const SubscriptionWish = Type.Object({
  publication_id: Id,
  /** False: nothing of it is wanted. */
  enabled: Type.Boolean(),
  /** False: its tile is not on screen; video is paused within 500 ms. */
  visible: Type.Boolean(),
  /** Size of the tile in device pixels. */
  width: Type.Optional(Pixels),
  height: Type.Optional(Pixels),
  max_layer: Type.Optional(Layer),
  max_fps: Type.Optional(Type.Number({ minimum: 0, maximum: 240 })),
  /** Default: 200 for a screen, 100 for all else. */
  priority: Type.Optional(Type.Integer({ minimum: 0, maximum: 255 })),
});

/** Rows of W3C webrtc-stats: names and figures, nothing nested. */
const StatsRows = Type.Array(
  Type.Record(
    Type.String({ maxLength: 64 }),
    Type.Union([Type.Number(), Type.Boolean(), Type.String({ maxLength: 128 })]),
    { maxProperties: 64 },
  ),
  { maxItems: 64 },
);

const Timestamp = Type.Object({ ts: Type.Number() });
/** The client sends something at least this often. Missed twice, it counts as reconnecting. */
const Heartbeat = Type.Integer({ minimum: 500, maximum: 5000 });
const Nothing = Type.Object({});

export const clientPayloads = {
  /** First message, within 5 s: `token` (from POST /v1/join) or `resume`. */
  hello: Type.Object({
    versions: Type.Array(Type.Integer(), { minItems: 1, maxItems: 16 }),
    token: Type.Optional(Type.String({ maxLength: 4096 })),
    resume: Type.Optional(
      Type.Object({
        token: Type.String({ maxLength: 256 }),
        last_seq: Type.Integer({ minimum: 0 }),
      }),
    ),
    /** W3C Trace Context: the one that the join was asked for with. */
    traceparent: Type.Optional(Type.String({ maxLength: 256 })),
    client: Type.Object({
      name: Type.String({ maxLength: 64 }),
      version: Type.String({ maxLength: 64 }),
      platform: Type.String({ maxLength: 256 }),
    }),
    caps: Type.Object({
      codecs: Type.Array(Type.String({ maxLength: 32 }), { maxItems: 32 }),
      /** How many m-lines of each kind the client is willing to receive at once. */
      slots: Type.Object({
        audio: Type.Integer({ minimum: 0, maximum: 64 }),
        video: Type.Integer({ minimum: 0, maximum: 64 }),
      }),
      red: Type.Optional(Type.Boolean()),
    }),
    /** Without it only a socket that was silent for 10 s is lost. */
    heartbeat_ms: Type.Optional(Heartbeat),
  }),
  /** The client always offers this direction; also for an ICE restart. Answer: publish.answer. */
  'publish.offer': Type.Object({
    epoch: Epoch,
    rev: Revision,
    sdp: Sdp,
    tracks: Type.Array(TrackDeclaration, { maxItems: 20 }),
  }),
  'publish.update': Type.Object({ publication_id: Id, muted: Type.Boolean() }),
  'publish.remove': Type.Object({ publication_id: Id }),
  'subscribe.answer': Type.Object({ epoch: Epoch, rev: Revision, sdp: Sdp }),
  /** Asks for a subscribe.offer with new ICE credentials. */
  'subscribe.restart': Type.Object({ epoch: Epoch }),
  'subscription.set': Type.Object({ items: Type.Array(SubscriptionWish, { maxItems: 500 }) }),
  /**
   * Nothing has come on a transport for a second or more, though `joined` promised a beat.
   * `failed_checks`: of ICE, sent and not answered in that time, as far as the browser tells.
   */
  'media.lost': Type.Object({
    epoch: Epoch,
    direction: Direction,
    silence_ms: Type.Integer({ minimum: 0, maximum: 3_600_000 }),
    failed_checks: Type.Integer({ minimum: 0, maximum: 100_000 }),
    /** Of `joined.standby`. */
    ticket: Type.Optional(Type.String({ maxLength: 4096 })),
  }),
  /**
   * All that was seen before flows under the new epoch. The client still sends by the old transport until
   * the node ends it: others, who have not moved yet, see and hear this participant by it.
   */
  'migrate.done': Type.Object({ epoch: Epoch }),
  /** `body` ≤ 4 KiB in UTF-8. `ok` comes after the message is durable. */
  'chat.send': Type.Object({
    body: Type.String({ minLength: 1, maxLength: 4096 }),
    to: Type.Optional(Id),
  }),
  'hand.set': Type.Object({ raised: Type.Boolean() }),
  /** ≤ 2 a second. */
  reaction: Type.Object({ name: ReactionName }),
  /** Hosts: switches a source of somebody off, at the node. */
  'mod.mute': Type.Object({ participant_id: Id, source: Source }),
  /** Hosts: of everybody but hosts and `except`; `self_unmute` says whether they may undo it. */
  'mod.mute_all': Type.Object({
    source: Source,
    self_unmute: Type.Boolean(),
    except: Type.Optional(Type.Array(Id, { maxItems: 1000 })),
  }),
  /** Hosts: camera and screen of somebody off. */
  'mod.stop_video': Type.Object({ participant_id: Id }),
  /** Hosts: asks somebody to switch the microphone on, and allows it. */
  'mod.ask_unmute': Type.Object({ participant_id: Id }),
  /** Hosts: may this one switch the microphone on once it is off, whoever has switched it off? */
  'mod.can_unmute': Type.Object({ participant_id: Id, can_unmute: Type.Boolean() }),
  /** Hosts: out at once; with `block` also kept out. */
  'mod.remove': Type.Object({ participant_id: Id, block: Type.Boolean() }),
  /** Hosts; who gives `host` away becomes co-host. Only a host makes hosts and co-hosts. */
  'mod.role': Type.Object({ participant_id: Id, role: Role }),
  'mod.lock': Type.Object({ locked: Type.Boolean() }),
  'mod.policy': RoomPolicyChange,
  /** Host: ends the meeting for all. */
  'mod.end': Nothing,
  'mod.admit': Those,
  'mod.deny': Those,
  /** To all who wait. */
  'mod.lobby_message': Type.Object({ body: Type.String({ minLength: 1, maxLength: 500 }) }),
  /** The whole list, in order; empty: no spotlight. */
  'mod.spotlight': Type.Object({ publication_ids: Type.Array(Id, { maxItems: 9 }) }),
  'mod.lower_hand': Type.Union([
    Type.Object({ participant_id: Id }),
    Type.Object({ all: Type.Literal(true) }),
  ]),
  /**
   * Hosts: begins, or goes on after a pause. Answer: `ok`; what becomes of it is told by `recording.state`. `consent`: this
   * host agrees to be recorded.
   */
  'recording.start': Type.Object({ consent: Type.Optional(Type.Boolean()) }),
  'recording.pause': Type.Object({ recording_id: Id }),
  'recording.stop': Type.Object({ recording_id: Id }),
  /** The answer to `recording.consent_request`; a later one counts as well, from then on. */
  'recording.consent': Type.Object({ recording_id: Id, accept: Type.Boolean() }),
  /** Leaves at once; the seat is free. */
  bye: Nothing,
  /** A candidate of the client; null: that was the last. */
  candidate: Type.Object({
    epoch: Epoch,
    direction: Direction,
    rev: Revision,
    mid: Mid,
    ufrag: Type.String({ maxLength: 256 }),
    candidate: Nullable(Type.String({ maxLength: 1024 })),
  }),
  /** What the client counted since the last one, each 10 s; ≤ 16 KiB, never answered. */
  'stats.report': Type.Object({
    interval_ms: Type.Integer({ minimum: 100, maximum: 3_600_000 }),
    /** From the person's word to join to the first picture of somebody else; in one report only. */
    first_frame_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: 600_000 })),
    /**
     * Times of a second or more in which nothing came that have ended since the last report: because the
     * room moved to another node, or its node was lost; else of the path.
     */
    media_gaps: Type.Optional(
      Type.Array(
        Type.Object({
          ms: Type.Integer({ minimum: 0, maximum: 3_600_000 }),
          cause: Choice(['migration', 'path']),
        }),
        { maxItems: 16 },
      ),
    ),
    transports: StatsRows,
    inbound: StatsRows,
    outbound: StatsRows,
  }),
  /** Answered by `pong`. `heartbeat_ms` changes the promise of the hello; null takes it back. */
  ping: Type.Object({ ts: Type.Number(), heartbeat_ms: Type.Optional(Nullable(Heartbeat)) }),
  pong: Timestamp,
} as const satisfies Record<string, TSchema>;

/** Sent without `id`, never answered. */
export const notes = ['candidate', 'stats.report', 'ping', 'pong'] as const;

/** Messages that carry a session description: ≤ 256 KiB on the wire, all others ≤ 64 KiB. */
export const descriptionTypes = ['publish.offer', 'subscribe.answer'] as const;

export type ClientPayloads = {
  [Type in keyof typeof clientPayloads]: Static<(typeof clientPayloads)[Type]>;
};
export type ClientType = keyof ClientPayloads;
export type NoteType = (typeof notes)[number];
export type CommandType = Exclude<ClientType, NoteType>;

/** A message that gets one answer. `ack`: the highest `seq` received. */
export type ClientCommand<Type extends CommandType = CommandType> = {
  [T in Type]: { t: T; id: string; ack?: number; d: ClientPayloads[T] };
}[Type];

export type ClientNote<Type extends NoteType = NoteType> = {
  [T in Type]: { t: T; ack?: number; d: ClientPayloads[T] };
}[Type];

export type ClientMessage = ClientCommand | ClientNote;

export type TrackDeclaration = Static<typeof TrackDeclaration>;
export type SubscriptionWish = Static<typeof SubscriptionWish>;

/** The envelope before `t` is looked at. */
export const ClientEnvelope = Type.Object({
  t: Type.String({ maxLength: 64 }),
  id: Type.Optional(Type.String({ minLength: 1, maxLength: 36 })),
  ack: Type.Optional(Type.Integer({ minimum: 0 })),
  d: Type.Object({}),
});
