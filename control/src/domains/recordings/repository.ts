import type { RecordedFile } from '../../../../recorder/src/index.js';
import { isUuid } from '../../ids.js';
import type { PageWish } from '../../plugins/page.js';
import type { Recording } from '../../schemas/http.js';
import type { Queryable } from '../../store/database.js';

/** `recordings` lies with its meeting, what belongs to one with the recording: who knows both names both. */
export interface RecordingKey {
  meetingId: string;
  recordingId: string;
}

export interface RecordingRecord extends RecordingKey {
  roomId: string;
  title: string;
  status: Recording['status'];
  reason: string | null;
  consent: Recording['consent'];
  recorderId: string | null;
  /** How many recorders had it. */
  take: number;
  startedAt: Date | null;
  stoppedAt: Date | null;
  recordedMs: number;
  sizeBytes: number;
  storedTakes: number[];
  expiresAt: Date | null;
  createdAt: Date;
  version: number;
}

/** One that may be on its way out. */
export interface HeldRecording extends RecordingRecord {
  deletedAt: Date | null;
}

const columns = `r.meeting_id as "meetingId", r.recording_id as "recordingId", r.room_id as "roomId",
  r.title, r.status, r.reason, r.consent, r.recorder_id as "recorderId", r.take,
  r.started_at as "startedAt", r.stopped_at as "stoppedAt", r.recorded_ms as "recordedMs",
  r.size_bytes as "sizeBytes", r.stored_takes as "storedTakes", r.expires_at as "expiresAt",
  r.created_at as "createdAt", r.version`;

/** Null also for one that is deleted. */
export async function findRecording(
  from: Queryable,
  { meetingId, recordingId }: RecordingKey,
): Promise<RecordingRecord | null> {
  const [row] = await from.query<RecordingRecord>(
    `select ${columns} from recordings r
     where r.meeting_id = $1 and r.recording_id = $2 and r.deleted_at is null`,
    [meetingId, recordingId],
  );
  return row ?? null;
}

/** The same of whoever knows its id alone, as a page or a link does: wherever it lies it is looked for. */
export async function lookUpRecording(
  from: Queryable,
  recordingId: string,
): Promise<RecordingRecord | null> {
  const [row] = await from.query<RecordingRecord>(
    `select ${columns} from recordings r where r.recording_id = $1 and r.deleted_at is null`,
    [recordingId],
  );
  return row ?? null;
}

/**
 * Whatever has become of them. A recorder does not know the meeting of what it cannot read: that is looked for wherever
 * it lies; and a name that is no id is nobody's.
 */
export async function findHeld(
  from: Queryable,
  keys: readonly RecordingKey[],
): Promise<HeldRecording[]> {
  const named = keys.filter(({ recordingId }) => isUuid(recordingId));
  const known = named.filter(({ meetingId }) => isUuid(meetingId));
  const ids = (some: readonly RecordingKey[]) => some.map(({ recordingId }) => recordingId);
  const held = (where: string, values: unknown[]) =>
    from.query<HeldRecording>(
      `select ${columns}, r.deleted_at as "deletedAt" from recordings r where ${where}`,
      values,
    );
  const meetingIds = known.map(({ meetingId }) => meetingId);
  const isIt = 'r.meeting_id = any ($1) and r.recording_id = any ($2)';
  const found = await held(isIt, [meetingIds, ids(known)]);
  const others = named.filter((key) => !known.includes(key));
  if (others.length === 0) return found;
  return [...found, ...(await held('r.recording_id = any ($1)', [ids(others)]))];
}

/** The same of one, as it stays until the transaction ends. After its room, where that is locked too. */
export async function lockRecording(
  tx: Queryable,
  { meetingId, recordingId }: RecordingKey,
): Promise<HeldRecording | null> {
  const [row] = await tx.query<HeldRecording>(
    `select ${columns}, r.deleted_at as "deletedAt" from recordings r
     where r.meeting_id = $1 and r.recording_id = $2 for update`,
    [meetingId, recordingId],
  );
  return row ?? null;
}

export interface WantedRecordings extends PageWish {
  /** Null: of whatever meeting. */
  meetingId: string | null;
  /** Of the meetings of this account, whichever; null: whoever's. */
  hostId: string | null;
}

/** In the order of their ids: up to one more than `limit`. */
export function listRecordings(
  from: Queryable,
  { meetingId, hostId, after, limit, order }: WantedRecordings,
): Promise<RecordingRecord[]> {
  const behind = order === 'asc' ? '>' : '<';
  const ofMeeting = meetingId === null ? '' : 'and r.meeting_id = $3';
  const page = (more: string) => `select ${columns} from recordings r
    where r.recording_id ${behind} $1 and r.deleted_at is null ${more}
    order by r.recording_id ${order} limit $2`;
  if (hostId === null) {
    const values = [after, limit + 1, ...(meetingId === null ? [] : [meetingId])];
    return from.query<RecordingRecord>(page(ofMeeting), values);
  }
  // Meeting by meeting: an account has fewer of them than all have recordings.
  return from.query<RecordingRecord>(
    `select r.* from meetings m cross join lateral (${page('and r.meeting_id = m.meeting_id')}) r
     where m.host_id = $3 and m.deleted_at is null
     order by r."recordingId" ${order} limit $2`,
    [after, limit + 1, hostId],
  );
}

/** A file, as it lies in the object store. */
export interface FileRecord {
  fileId: string;
  /** Null: composed of all. */
  take: number | null;
  kind: RecordedFile['kind'];
  key: string;
  contentType: string;
  bytes: number;
  sha256: string;
  startMs: number;
  endMs: number;
  trackId: string | null;
  participantId: string | null;
  source: RecordedFile['source'] | null;
  codec: string | null;
  layout: 'gallery' | 'speaker' | 'screen_first' | null;
}

/** One that is given out as it lies there. Of a manifest people get what `RecordingsService.manifest` leaves of it. */
export type PlayableFile = FileRecord & { kind: Exclude<FileRecord['kind'], 'manifest'> };

export function isPlayable<File extends FileRecord>(file: File): file is File & PlayableFile {
  return file.kind !== 'manifest';
}

const fileColumns = `file_id as "fileId", take, kind, object_key as key,
  content_type as "contentType", size_bytes as bytes, sha256, start_ms as "startMs",
  end_ms as "endMs", track_id as "trackId", participant_id as "participantId", source, codec, layout`;

/** In the order in which they begin. */
export function filesOf(from: Queryable, recordingId: string): Promise<FileRecord[]> {
  return from.query<FileRecord>(
    `select ${fileColumns} from recording_files where recording_id = $1
     order by start_ms, file_id`,
    [recordingId],
  );
}

/** Null also when its recording is deleted. */
export async function findFile(
  from: Queryable,
  key: RecordingKey,
  fileId: string,
): Promise<(FileRecord & { title: string }) | null> {
  const recording = await findRecording(from, key);
  const [row] = await from.query<FileRecord>(
    `select ${fileColumns} from recording_files where recording_id = $1 and file_id = $2`,
    [key.recordingId, fileId],
  );
  return recording === null || row === undefined ? null : { ...row, title: recording.title };
}

/** What all its files come to. */
export async function bytesOfFiles(from: Queryable, recordingId: string): Promise<number> {
  const [row] = await from.query<{ bytes: number }>(
    `select coalesce(sum(size_bytes), 0)::float8 as bytes from recording_files
     where recording_id = $1`,
    [recordingId],
  );
  return row?.bytes ?? 0;
}

/** Those that are there already stay as they are. */
export async function insertFiles(
  tx: Queryable,
  recordingId: string,
  files: readonly FileRecord[],
  at: Date,
): Promise<void> {
  if (files.length === 0) return;
  await tx.query(
    `insert into recording_files (recording_id, file_id, take, kind, object_key, content_type,
       size_bytes, sha256, start_ms, end_ms, track_id, participant_id, source, codec, layout,
       created_at)
     select $1, "fileId", take, kind, key, "contentType", bytes, sha256, "startMs", "endMs",
       "trackId", "participantId", source, codec, layout, $3
     from jsonb_to_recordset($2::jsonb) as f ("fileId" uuid, take integer, kind text, key text,
       "contentType" text, bytes bigint, sha256 text, "startMs" float8, "endMs" float8,
       "trackId" text, "participantId" uuid, source text, codec text, layout text)
     on conflict do nothing`,
    [recordingId, JSON.stringify(files), at],
  );
}

export async function deleteFile(
  tx: Queryable,
  recordingId: string,
  fileId: string,
): Promise<void> {
  await tx.query('delete from recording_files where recording_id = $1 and file_id = $2', [
    recordingId,
    fileId,
  ]);
}

export interface ConsentRecord {
  participantId: string;
  name: string;
  accepted: boolean | null;
  textVersion: string;
  askedAt: Date;
  answeredAt: Date | null;
}

/** In the order of the participants' ids: up to one more than `limit`. */
export function listConsents(
  from: Queryable,
  recordingId: string,
  { after, limit }: { after: string; limit: number },
): Promise<ConsentRecord[]> {
  return from.query<ConsentRecord>(
    `select participant_id as "participantId", name, accepted, text_version as "textVersion",
       asked_at as "askedAt", answered_at as "answeredAt"
     from recording_consents where recording_id = $1 and participant_id > $2
     order by participant_id limit $3`,
    [recordingId, after, limit + 1],
  );
}
