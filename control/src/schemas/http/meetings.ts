/** Meetings, their invites and ingest keys, and the log of what happened in them. */

import { type Static, Type } from 'typebox';
import {
  Choice,
  DisplayName,
  Epoch,
  Id,
  Nullable,
  Policy,
  PolicyChange,
  Role,
  Time,
  TimeZone,
} from '../values.js';
import { Listing, strict } from './common.js';

const Title = Type.String({ maxLength: 200 });
const Description = Type.String({ maxLength: 500 });

/**
 * `instant`: now. `scheduled`: from `starts_at` to `ends_at`, both needed. `persistent`: a link that
 * stays.
 */
export const MeetingKind = Choice(['instant', 'scheduled', 'persistent']);

export const NewMeeting = Type.Object(
  {
    title: Type.Optional(Title),
    description: Type.Optional(Description),
    kind: Type.Optional(MeetingKind),
    starts_at: Type.Optional(Time),
    ends_at: Type.Optional(Time),
    /** Where it takes place; times themselves are UTC. */
    time_zone: Type.Optional(TimeZone),
    policy: Type.Optional(PolicyChange),
  },
  strict,
);

/** Absent stays, null clears. */
export const MeetingChange = Type.Object(
  {
    title: Type.Optional(Title),
    description: Type.Optional(Nullable(Description)),
    starts_at: Type.Optional(Nullable(Time)),
    ends_at: Type.Optional(Nullable(Time)),
    time_zone: Type.Optional(Nullable(TimeZone)),
    policy: Type.Optional(PolicyChange),
  },
  strict,
);

/** As its hosts see it. */
export const Meeting = Type.Object({
  meeting_id: Id,
  /** 12 characters; part of the link, no secret. */
  code: Type.String(),
  title: Title,
  description: Nullable(Description),
  kind: MeetingKind,
  /** Null: made without an account. */
  host_id: Nullable(Id),
  starts_at: Nullable(Time),
  ends_at: Nullable(Time),
  time_zone: Nullable(TimeZone),
  policy: Policy,
  passcode: Nullable(Type.String()),
  /** Has it a room now? */
  is_live: Type.Boolean(),
  started_at: Nullable(Time),
  ended_at: Nullable(Time),
  created_at: Time,
});

export const MeetingList = Listing(Meeting);

/**
 * `when`: not ended yet, or ended; default: both. `order`: by time of creation, the oldest first
 * (default) or the newest; a cursor is good for its own order.
 */
export const MeetingQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    cursor: Type.Optional(Type.String({ maxLength: 64 })),
    when: Type.Optional(Choice(['open', 'ended'])),
    order: Type.Optional(Choice(['asc', 'desc'])),
  },
  strict,
);

export const NewInvite = Type.Object(
  {
    role: Role,
    expires_at: Type.Optional(Time),
    /** 1: a personal one. A removed person's personal invite opens nothing any more. */
    max_uses: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    /** Lets in past the lobby. */
    lobby_bypass: Type.Optional(Type.Boolean()),
  },
  strict,
);

export const Invite = Type.Object({
  invite_id: Id,
  role: Role,
  expires_at: Nullable(Time),
  max_uses: Nullable(Type.Integer()),
  uses: Type.Integer(),
  lobby_bypass: Type.Boolean(),
  created_at: Time,
});

export const InviteList = Listing(Invite);

/** `url`: `https://host/m/{code}#k={secret}`; shown once. */
export const CreatedInvite = Type.Object({ ...Invite.properties, url: Type.String() });

/** The meeting's own link for participants; hosts may ask for it again and again. */
export const DefaultInvite = Type.Object({ invite_id: Id, role: Role, url: Type.String() });

/** Whoever creates gets a host's own link and, apart from it, the one to hand out. */
export const CreatedMeeting = Type.Object({
  meeting: Meeting,
  host_invite: CreatedInvite,
  participant_link: Type.String(),
});

/** A room: the presence of a meeting from the first join to the last leave. */
export const RoomEntry = Type.Object({
  room_id: Id,
  epoch: Epoch,
  opened_at: Time,
  closed_at: Nullable(Time),
});

export const RoomList = Listing(RoomEntry);

/** `after`: the `cursor` of the last event that was read. */
export const EventQuery = Type.Object(
  {
    after: Type.Optional(Type.String({ maxLength: 64 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  },
  strict,
);

/** One entry of a room's log: `seq` counts from 1 in each room, without gaps. */
export const RoomEvent = Type.Object({
  event_id: Id,
  cursor: Type.String(),
  room_id: Id,
  seq: Type.Integer({ minimum: 1 }),
  type: Type.String(),
  participant_id: Nullable(Id),
  data: Type.Record(Type.String(), Type.Unknown()),
  created_at: Time,
});

/** Oldest first. `next_cursor` is for `?after=`; null: nothing follows yet. */
export const RoomEventList = Listing(RoomEvent);

const IngestScope = Choice(['publish', 'view']);

export const NewIngestKey = Type.Object(
  {
    scope: IngestScope,
    /** Default: in 24 hours; in 30 days at the latest. */
    expires_at: Type.Optional(Time),
    /** Shown in the room. */
    name: Type.Optional(DisplayName),
    /** The meeting's, where it has one: a program cannot be asked for it. */
    passcode: Type.Optional(Type.String({ maxLength: 64 })),
    /** Whoever stands behind the program agrees to be recorded. */
    consent: Type.Optional(Type.Boolean()),
  },
  strict,
);

export const IngestKey = Type.Object({
  ingest_key_id: Id,
  scope: IngestScope,
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

export const IngestKeys = Listing(IngestKey);

export type MeetingKind = Static<typeof MeetingKind>;
export type NewMeeting = Static<typeof NewMeeting>;
export type MeetingChange = Static<typeof MeetingChange>;
export type MeetingQuery = Static<typeof MeetingQuery>;
export type Meeting = Static<typeof Meeting>;
export type NewInvite = Static<typeof NewInvite>;
export type Invite = Static<typeof Invite>;
export type CreatedInvite = Static<typeof CreatedInvite>;
export type DefaultInvite = Static<typeof DefaultInvite>;
export type CreatedMeeting = Static<typeof CreatedMeeting>;
export type RoomEntry = Static<typeof RoomEntry>;
export type RoomEvent = Static<typeof RoomEvent>;
export type NewIngestKey = Static<typeof NewIngestKey>;
export type IngestKey = Static<typeof IngestKey>;
export type CreatedIngestKey = Static<typeof CreatedIngestKey>;
export type IngestKeys = Static<typeof IngestKeys>;
