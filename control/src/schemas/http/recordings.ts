/** Recordings of meetings: their state, files, layouts, and who may see them. */

import { type Static, Type } from 'typebox';
import { Choice, DisplayName, Id, Nullable, RecordingRule, Source, Time } from '../values.js';
import { Listing, Page, strict } from './common.js';

/**
 * While the meeting goes on as in the room (`recording.state`); then `processing` until every file is
 * stored, and `ready`. `failed`: nothing of it can be seen.
 */
export const RecordingStatus = Choice([
  'waiting_consent',
  'starting',
  'recording',
  'paused',
  'degraded',
  'processing',
  'ready',
  'failed',
]);

export const NewRecording = Type.Optional(Type.Union([Type.Object({}, strict), Type.Null()]));

export const RecordingChange = Type.Object(
  { state: Choice(['recording', 'paused', 'stopped']) },
  strict,
);

/** Of a list by time, in either order. */
export const OrderedPage = Type.Object(
  { ...Page.properties, order: Type.Optional(Choice(['asc', 'desc'])) },
  strict,
);

/** `all`: those of everybody, to administrators. */
export const RecordingQuery = Type.Object(
  { ...OrderedPage.properties, all: Type.Optional(Type.Boolean()) },
  strict,
);

export const RecordingFile = Type.Object({
  file_id: Id,
  /** `composite`: a picture of all with sound; `audio`: sound of all. */
  kind: Choice(['track', 'composite', 'audio']),
  content_type: Type.String(),
  size_bytes: Type.Integer(),
  sha256: Type.String(),
  /** In recorded time, ms. */
  start_ms: Type.Number(),
  end_ms: Type.Number(),
  /** Of a track. */
  track_id: Type.Optional(Id),
  participant_id: Type.Optional(Id),
  source: Type.Optional(Source),
  codec: Type.Optional(Type.String()),
  /** Of a composite. */
  layout: Type.Optional(Choice(['gallery', 'speaker', 'screen_first'])),
});

export const Recording = Type.Object({
  recording_id: Id,
  meeting_id: Id,
  room_id: Id,
  /** Of the meeting, as it was called when it began. */
  title: Type.String(),
  status: RecordingStatus,
  /** Why it is degraded, or has failed. */
  reason: Nullable(Type.String()),
  /** Null: it waits for consent. */
  started_at: Nullable(Time),
  stopped_at: Nullable(Time),
  /** Of recorded time. */
  duration_ms: Type.Number(),
  size_bytes: Type.Integer(),
  consent: RecordingRule.properties.consent,
  /** When it is deleted by itself; null: never. */
  expires_at: Nullable(Time),
  created_at: Time,
  /** Stored ones; in a list of recordings empty. */
  files: Type.Array(RecordingFile),
});

export const RecordingList = Listing(Recording);

/** Who was asked, when, by which text, and what the answer was. Null: none yet. */
export const Consent = Type.Object({
  participant_id: Id,
  name: DisplayName,
  accepted: Nullable(Type.Boolean()),
  text_version: Type.String(),
  asked_at: Time,
  answered_at: Nullable(Time),
});

export const ConsentList = Listing(Consent);

/** Good for 5 minutes at most, for this file. */
export const FileUrl = Type.Object({ url: Type.String(), expires_at: Time });

/** Of an address of ours: what makes it good, for a while. */
export const FileQuery = Type.Object({ token: Type.String({ maxLength: 1024 }) }, strict);

export const FileUrlWish = Type.Optional(
  Type.Union([
    /** `download`: the browser saves it under a name instead of showing it. */
    Type.Object({ download: Type.Optional(Type.Boolean()) }, strict),
    Type.Null(),
  ]),
);

export const RenderLayout = Choice(['gallery', 'speaker', 'screen_first', 'audio']);

export const NewRender = Type.Object({ layout: RenderLayout }, strict);

export const Render = Type.Object({
  render_id: Id,
  recording_id: Id,
  layout: RenderLayout,
  state: Choice(['queued', 'running', 'done', 'failed', 'canceled']),
  /** 0 to 1. */
  progress: Type.Number(),
  /** How often it was begun. */
  attempts: Type.Integer(),
  /** Of the composite; null: it is not done. */
  file_id: Nullable(Id),
  created_at: Time,
  finished_at: Nullable(Time),
});

export const RenderList = Listing(Render);

export const NewShare = Type.Object(
  {
    expires_at: Time,
    passcode: Type.Optional(Type.String({ minLength: 4, maxLength: 64 })),
  },
  strict,
);

export const Share = Type.Object({
  share_id: Id,
  recording_id: Id,
  has_passcode: Type.Boolean(),
  expires_at: Time,
  created_at: Time,
});

export const ShareList = Listing(Share);

/** `url`: `https://host/r/{share_id}#k={secret}`, shown once. */
export const CreatedShare = Type.Object({ ...Share.properties, url: Type.String() });

/** Of who has a shared link: to open it, and for each signed URL. */
export const ShareKey = Type.Object(
  {
    secret: Type.String({ minLength: 16, maxLength: 128 }),
    passcode: Type.Optional(Type.String({ maxLength: 64 })),
  },
  strict,
);

export const ShareFileUrlWish = Type.Object(
  { ...ShareKey.properties, download: Type.Optional(Type.Boolean()) },
  strict,
);

/** What a page needs to play a recording: the recording, and what stands in its manifests. */
export const Playback = Type.Object({
  recording: Recording,
  participants: Type.Array(
    Type.Object({
      participant_id: Id,
      name: DisplayName,
      spans: Type.Array(Type.Object({ from_ms: Type.Number(), to_ms: Type.Number() })),
    }),
  ),
  /** Who spoke, and what was shared, when: in order of time. */
  chapters: Type.Array(
    Type.Object({
      kind: Choice(['speaker', 'screen']),
      participant_id: Id,
      from_ms: Type.Number(),
      to_ms: Type.Number(),
    }),
  ),
  messages: Type.Array(
    Type.Object({
      message_id: Id,
      participant_id: Id,
      name: DisplayName,
      at_ms: Type.Number(),
      body: Type.String(),
    }),
  ),
  /** Of tracks, of half a second and more, or of everything (`track_id` null: the recorder did not write). */
  gaps: Type.Array(
    Type.Object({
      track_id: Nullable(Id),
      from_ms: Type.Number(),
      to_ms: Type.Number(),
      reason: Type.String(),
    }),
  ),
});

export type Recording = Static<typeof Recording>;
export type RecordingQuery = Static<typeof RecordingQuery>;
export type RecordingFile = Static<typeof RecordingFile>;
export type RecordingChange = Static<typeof RecordingChange>;
export type Consent = Static<typeof Consent>;
export type FileUrl = Static<typeof FileUrl>;
export type Render = Static<typeof Render>;
export type RenderLayout = Static<typeof RenderLayout>;
export type Share = Static<typeof Share>;
export type CreatedShare = Static<typeof CreatedShare>;
export type NewRender = Static<typeof NewRender>;
export type NewShare = Static<typeof NewShare>;
export type ShareKey = Static<typeof ShareKey>;
export type Playback = Static<typeof Playback>;
