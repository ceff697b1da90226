/**
 * Bodies of the HTTP API. Request bodies refuse unknown fields; answers may grow new ones.
 */

import { type Static, Type } from 'typebox';
import { type ErrorCode, errorCodes } from './errors.js';
import {
  Choice,
  DisplayName,
  IceServer,
  Id,
  Nullable,
  Policy,
  Role,
  SignalingAddress,
  Time,
} from './values.js';

const strict = { additionalProperties: false } as const;

/** RFC 9457. `type` is the page of the documentation, `instance` the request id. */
export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  instance: Type.String(),
  code: Type.Unsafe<ErrorCode>({ type: 'string', enum: errorCodes }),
  errors: Type.Optional(
    Type.Array(Type.Object({ pointer: Type.String(), code: Type.String(), detail: Type.String() })),
  ),
});

export const NewMeeting = Type.Object(
  {
    title: Type.Optional(Type.String({ maxLength: 200 })),
    description: Type.Optional(Type.String({ maxLength: 500 })),
    kind: Type.Optional(Choice(['instant'])),
    policy: Type.Optional(Type.Partial(Policy, strict)),
  },
  strict,
);

export const Meeting = Type.Object({
  meeting_id: Id,
  /** 12 characters; part of the link, no secret. */
  code: Type.String(),
  title: Type.String(),
  description: Nullable(Type.String()),
  kind: Choice(['instant', 'scheduled', 'persistent']),
  policy: Policy,
  created_at: Time,
});

export const Invite = Type.Object({
  invite_id: Id,
  role: Role,
  /** `https://host/m/{code}#k={secret}`; shown once. */
  url: Type.String(),
  expires_at: Nullable(Time),
});

/** Whoever creates gets a host's own link and, apart from it, the one to hand out. */
export const CreatedMeeting = Type.Object({
  meeting: Meeting,
  host_invite: Invite,
  participant_link: Type.String(),
});

const credential = {
  code: Type.String({ minLength: 1, maxLength: 64 }),
  secret: Type.Optional(Type.String({ maxLength: 128 })),
  passcode: Type.Optional(Type.String({ maxLength: 64 })),
};

export const JoinCheck = Type.Object(credential, strict);

export const JoinChecked = Type.Object({
  title: Type.String(),
  host_present: Type.Boolean(),
  needs: Type.Array(Choice(['name', 'passcode', 'consent', 'login'])),
  lobby: Type.Boolean(),
  recording_active: Type.Boolean(),
  server_time: Time,
});

export const Join = Type.Object(
  {
    ...credential,
    display_name: DisplayName,
    consent: Type.Optional(Type.Boolean()),
    /** Made once per browser and kept: what a block holds on to. */
    device_id: Type.Optional(Type.String({ minLength: 8, maxLength: 128 })),
  },
  strict,
);

export const Joined = Type.Object({
  participant_id: Id,
  state: Choice(['admitted', 'lobby']),
  /** For `hello`, once, before `expires_at` (≤ 120 s). */
  join_token: Type.String(),
  expires_at: Time,
  signaling: Type.Array(SignalingAddress),
  ice_servers: Type.Array(IceServer),
});

export const NewIngestKey = Type.Object(
  {
    scope: Choice(['publish', 'view']),
    /** Default: in 24 hours; in 30 days at the latest. */
    expires_at: Type.Optional(Time),
    /** Shown in the room. */
    name: Type.Optional(DisplayName),
  },
  strict,
);

export const IngestKey = Type.Object({
  ingest_key_id: Id,
  scope: Choice(['publish', 'view']),
  name: DisplayName,
  expires_at: Time,
  created_at: Time,
});

export const CreatedIngestKey = Type.Object({
  ...IngestKey.properties,
  /** The bearer token; shown once. */
  key: Type.String(),
  /** Where to POST the offer. */
  url: Type.String(),
});

export const IngestKeys = Type.Object({
  items: Type.Array(IngestKey),
  /** For `?cursor=`; null: this was the last page. */
  next_cursor: Nullable(Type.String()),
});

export const Page = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  cursor: Type.Optional(Type.String({ maxLength: 64 })),
});

export const Version = Type.Object({
  version: Type.String(),
  protocol: Type.Array(Type.Integer()),
});

/** What the bundled client needs to know before anything else. */
export const ClientConfig = Type.Object({
  anonymous_meetings: Type.Boolean(),
  protocol: Type.Array(Type.Integer()),
  ice_servers: Type.Array(IceServer),
  max_message_bytes: Type.Integer(),
});

export const Keys = Type.Object({
  keys: Type.Array(
    Type.Object({
      kty: Type.String(),
      crv: Type.String(),
      x: Type.String(),
      kid: Type.String(),
      alg: Type.String(),
      use: Type.String(),
    }),
  ),
});

export const Health = Type.Object({ status: Choice(['ok']) });
export const Readiness = Type.Object({
  status: Choice(['ok', 'unavailable']),
  dependencies: Type.Record(Type.String(), Choice(['up', 'down'])),
});

export type Problem = Static<typeof Problem>;
export type NewMeeting = Static<typeof NewMeeting>;
export type Meeting = Static<typeof Meeting>;
export type Invite = Static<typeof Invite>;
export type CreatedMeeting = Static<typeof CreatedMeeting>;
export type JoinCheck = Static<typeof JoinCheck>;
export type JoinChecked = Static<typeof JoinChecked>;
export type Join = Static<typeof Join>;
export type Joined = Static<typeof Joined>;
export type NewIngestKey = Static<typeof NewIngestKey>;
export type IngestKey = Static<typeof IngestKey>;
export type CreatedIngestKey = Static<typeof CreatedIngestKey>;
export type IngestKeys = Static<typeof IngestKeys>;
export type Page = Static<typeof Page>;
export type Version = Static<typeof Version>;
export type ClientConfig = Static<typeof ClientConfig>;
export type Keys = Static<typeof Keys>;
