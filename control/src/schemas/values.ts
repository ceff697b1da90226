/**
 * The values that messages and bodies are made of. Names on the wire are `snake_case`; ids are
 * opaque UUIDv7; times are RFC 3339 in UTC with milliseconds; units stand last in a name.
 */

import { type Static, type TSchema, Type } from 'typebox';

/** An id made by the server. Clients never look inside. */
export const Id = Type.String({ minLength: 1, maxLength: 64 });

/** RFC 3339 in UTC with milliseconds, as `Date.prototype.toISOString` writes it. */
export const Time = Type.String({ minLength: 20, maxLength: 30 });

/** Choice of string literals. */
export function Choice<const Values extends readonly string[]>(values: Values) {
  return Type.Unsafe<Values[number]>({ type: 'string', enum: [...values] });
}

/** `value` or null: null clears, absent leaves alone. */
export function Nullable<Schema extends TSchema>(schema: Schema) {
  return Type.Union([schema, Type.Null()]);
}

export const Kind = Choice(['audio', 'video']);
export const Source = Choice(['microphone', 'camera', 'screen', 'screen_audio']);
export const Direction = Choice(['publish', 'subscribe']);

/** `viewer` receives and may raise a hand; it neither publishes nor writes. */
export const Role = Choice(['host', 'co_host', 'participant', 'viewer']);

/** Programs that come over HTTP: WHIP publishes, WHEP watches. */
export const EndpointKind = Choice(['whip', 'whep']);

export const Epoch = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
/** Numbers the offers of one direction, rising from 1; an answer repeats its offer's number. */
export const Revision = Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 });
/** An m-line of a session description, `a=mid` (RFC 8843 §7.1). */
export const Mid = Type.String({ minLength: 1, maxLength: 16 });
export const Sdp = Type.String({ minLength: 1, maxLength: 250_000 });
export const Bitrate = Type.Integer({ minimum: 0, maximum: 1e9 });
export const Pixels = Type.Integer({ minimum: 0, maximum: 16_384 });

/** A name shown in a room: ≤ 64 characters after trimming; control characters are filtered. */
export const DisplayName = Type.String({ minLength: 1, maxLength: 64 });

/** The name of an account: ≤ 20 characters (code points), whatever bytes they take. */
export const Username = Type.String({ minLength: 1, maxLength: 20 });

/** The form is checked, whether it is somebody's only by a mail. */
export const Email = Type.String({ minLength: 3, maxLength: 254, pattern: '^[^\\s@]+@[^\\s@]+$' });

/** 12 to 256 characters of any kind; what is known from breaches is refused. */
export const Password = Type.String({ minLength: 12, maxLength: 256 });

/** Path of a picture of 400 × 400; another one after each change. */
export const AvatarUrl = Type.String({ minLength: 1, maxLength: 128 });

/** IANA name, for example `Europe/Berlin`. */
export const TimeZone = Type.String({ minLength: 1, maxLength: 64 });

export const Layer = Type.Object({
  spatial: Type.Integer({ minimum: 0, maximum: 7 }),
  temporal: Type.Integer({ minimum: 0, maximum: 7 }),
});

export const PublicationLayer = Type.Object({
  spatial: Type.Integer(),
  temporal: Type.Integer(),
  width: Type.Optional(Pixels),
  height: Type.Optional(Pixels),
  max_bitrate_bps: Type.Optional(Bitrate),
});

/** A track offered in the room. */
export const Publication = Type.Object({
  publication_id: Id,
  participant_id: Id,
  kind: Kind,
  source: Source,
  muted: Type.Boolean(),
  codec: Type.String(),
  layers: Type.Array(PublicationLayer),
});

/** One m-line of the subscribe direction and what flows through it; null: nothing now. */
export const Slot = Type.Object({ mid: Mid, publication_id: Nullable(Id) });

export const Participant = Type.Object({
  id: Id,
  name: DisplayName,
  role: Role,
  /** Absent: a person with a client. */
  kind: Type.Optional(EndpointKind),
  /** `reconnecting`: the socket is lost, the seat is kept for 90 s, media may still flow. */
  state: Choice(['joined', 'reconnecting']),
  joined_at: Time,
  hand_at: Type.Optional(Time),
  can_unmute: Type.Boolean(),
  /** Of people with an account who have one. */
  avatar_url: Type.Optional(AvatarUrl),
});

/** A chat message as everybody sees it. `to` is there in a private one only. */
export const ChatMessage = Type.Object({
  message_id: Id,
  from: Id,
  /** The sender's name when it was sent: it outlives the sender's seat. */
  from_name: DisplayName,
  to: Type.Optional(Id),
  body: Type.String(),
  sent_at: Time,
});

/** What a participant may do; checked again at each act. */
export const Grants = Type.Object({
  publish: Type.Array(Source),
  subscribe: Type.Boolean(),
  chat: Type.Boolean(),
  unmute: Type.Boolean(),
});

/** Who waits in the lobby until a host admits: nobody, who has no account, everybody but hosts. */
export const LobbyRule = Choice(['off', 'guests', 'all']);

/** What somebody must agree to before they are recorded. */
export const RecordingRule = Type.Object(
  {
    consent: Choice(['inform', 'ask_each', 'all_must_accept']),
    /** Recording begins by itself: consent is asked at the door. */
    auto: Type.Boolean(),
  },
  { additionalProperties: false },
);

/** How the recording of a room stands, as everybody in it is shown. */
export const RecordingState = Type.Object({
  recording_id: Id,
  state: Choice([
    'waiting_consent',
    'starting',
    'recording',
    'paused',
    'degraded',
    'stopped',
    'failed',
  ]),
  /** Of this state. */
  since: Time,
  /** Why it is degraded or has failed: `disk_low`, `disk_full`, `store_down`, `recorder_lost`, … */
  reason: Type.Optional(Type.String({ maxLength: 64 })),
  /** To hosts: who has not agreed, or has said no. They are left out, or it waits for them. */
  missing: Type.Optional(Type.Array(Id)),
});

/** What holds in a meeting. One function (join/policy.ts) decides on it for every way in. */
export const Policy = Type.Object({
  lobby: LobbyRule,
  /** Newcomers need a passcode; it is told to hosts alone, over HTTP. */
  has_passcode: Type.Boolean(),
  /** Nobody new gets in while true: they wait in the lobby, or are refused where it is off. */
  locked: Type.Boolean(),
  /** False: `meeting_not_started` until a host is there. */
  join_before_host: Type.Boolean(),
  /** False: only who is logged in gets in. */
  guests: Type.Boolean(),
  /** Newcomers publish their microphone muted. */
  mute_on_entry: Type.Boolean(),
  /** May people switch their microphone on again once it is off, whoever has switched it off? */
  self_unmute: Type.Boolean(),
  screen_share: Choice(['all', 'hosts']),
  chat: Choice(['all', 'hosts', 'off']),
  private_chat: Type.Boolean(),
  /** Do those who come later see the last messages? */
  history: Type.Boolean(),
  recording: RecordingRule,
  max_participants: Type.Integer({ minimum: 1, maximum: 1000 }),
});

/** Fields to change; absent ones stay. A passcode has 4 to 64 characters; null takes it away. */
export const PolicyChange = Type.Object(
  {
    ...Type.Partial(Type.Omit(Policy, ['has_passcode'])).properties,
    passcode: Type.Optional(Nullable(Type.String({ minLength: 4, maxLength: 64 }))),
  },
  { additionalProperties: false },
);

/** Those that a host may change from inside of the room, account or not. */
export const RoomPolicyChange = Type.Object(
  Type.Partial(
    Type.Pick(Policy, [
      'lobby',
      'mute_on_entry',
      'self_unmute',
      'screen_share',
      'chat',
      'private_chat',
      'history',
    ]),
  ).properties,
  { additionalProperties: false },
);

/** Short signs of mood, shown for 5 s. */
export const ReactionName = Choice([
  'thumbs_up',
  'clap',
  'heart',
  'laugh',
  'surprise',
  'celebrate',
]);

/** Somebody who waits in the lobby. */
export const Waiting = Type.Object({
  participant_id: Id,
  name: DisplayName,
  since: Time,
  /** Absent: a person. */
  kind: Type.Optional(EndpointKind),
  avatar_url: Type.Optional(AvatarUrl),
});

/** Some by id, or everybody. */
export const Those = Type.Union([
  Type.Object({ participant_ids: Type.Array(Id, { minItems: 1, maxItems: 1000 }) }),
  Type.Object({ all: Type.Literal(true) }),
]);

/** As RTCIceServer of W3C webrtc-pc. */
export const IceServer = Type.Object({
  urls: Type.Array(Type.String()),
  username: Type.Optional(Type.String()),
  credential: Type.Optional(Type.String()),
});

/** Where to open the WebSocket; the first is the nearest. */
export const SignalingAddress = Type.Object({ url: Type.String(), region: Type.String() });

export type Kind = Static<typeof Kind>;
export type Source = Static<typeof Source>;
export type Direction = Static<typeof Direction>;
export type EndpointKind = Static<typeof EndpointKind>;
export type Role = Static<typeof Role>;
export type Layer = Static<typeof Layer>;
export type Publication = Static<typeof Publication>;
export type Slot = Static<typeof Slot>;
export type Participant = Static<typeof Participant>;
export type ChatMessage = Static<typeof ChatMessage>;
export type Grants = Static<typeof Grants>;
export type Policy = Static<typeof Policy>;
export type RecordingState = Static<typeof RecordingState>;
export type PolicyChange = Static<typeof PolicyChange>;
export type RoomPolicyChange = Static<typeof RoomPolicyChange>;
export type ReactionName = Static<typeof ReactionName>;
export type Waiting = Static<typeof Waiting>;
export type Those = Static<typeof Those>;
export type IceServer = Static<typeof IceServer>;
export type SignalingAddress = Static<typeof SignalingAddress>;
