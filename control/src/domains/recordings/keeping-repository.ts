import { dayOf } from '../../ids.js';
import type { Queryable } from '../../store/database.js';
import { bytesOfFiles, type RecordingKey } from './repository.js';

/** What becomes of recordings when they have ended: the SQL of it. */

/** A take is stored: what it brought is counted. For a row that is locked. */
export async function addStoredTake(
  tx: Queryable,
  { meetingId, recordingId }: RecordingKey,
  { take, recordedMs }: { take: number; recordedMs: number },
): Promise<void> {
  const bytes = await bytesOfFiles(tx, recordingId);
  await tx.query(
    `update recordings set version = version + 1,
       stored_takes = array(select distinct unnest(stored_takes || $3::integer) order by 1),
       recorded_ms = greatest(recorded_ms, $4::bigint), size_bytes = $5
     where meeting_id = $1 and recording_id = $2`,
    [meetingId, recordingId, take, Math.round(recordedMs), bytes],
  );
}

/** After a composite has come or gone. For a row that is locked. */
export async function countSize(
  tx: Queryable,
  { meetingId, recordingId }: RecordingKey,
): Promise<void> {
  const bytes = await bytesOfFiles(tx, recordingId);
  await tx.query(
    `update recordings set version = version + 1, size_bytes = $3
     where meeting_id = $1 and recording_id = $2`,
    [meetingId, recordingId, bytes],
  );
}

export async function settle(
  tx: Queryable,
  { meetingId, recordingId }: RecordingKey,
  end: { status: 'ready' | 'failed'; reason: string | null; expiresAt: Date | null },
): Promise<void> {
  await tx.query(
    `update recordings set status = $3, reason = $4, expires_at = coalesce($5, expires_at),
       version = version + 1
     where meeting_id = $1 and recording_id = $2`,
    [meetingId, recordingId, end.status, end.reason, end.expiresAt],
  );
}

/** It had failed, as there was nothing of it; now there is. */
export async function reopen(
  tx: Queryable,
  { meetingId, recordingId }: RecordingKey,
): Promise<void> {
  await tx.query(
    `update recordings set status = 'processing', reason = null
     where meeting_id = $1 and recording_id = $2 and status = 'failed'`,
    [meetingId, recordingId],
  );
}

/** Is any file of that take known? */
export async function hasTake(
  from: Queryable,
  recordingId: string,
  take: number,
): Promise<boolean> {
  const rows = await from.query(
    'select 1 from recording_files where recording_id = $1 and take = $2 limit 1',
    [recordingId, take],
  );
  return rows.length > 0;
}

/** Has any track been stored? */
export async function hasTracks(tx: Queryable, recordingId: string): Promise<boolean> {
  const rows = await tx.query(
    `select 1 from recording_files where recording_id = $1 and kind = 'track' limit 1`,
    [recordingId],
  );
  return rows.length > 0;
}

/**
 * Those that count as live in a room that is over: nobody has them any more, and they are processed from
 * now on. Their rooms closed before `before`; until then whoever had the room writes it.
 */
export function endOfClosedRooms(
  tx: Queryable,
  before: Date,
): Promise<{ recordingId: string; recorderId: string | null }[]> {
  return tx.query(
    `update recordings r set status = 'processing', stopped_at = o.closed_at,
       version = r.version + 1
     from recordings l cross join lateral (select closed_at from rooms
       where meeting_id = l.meeting_id and room_id = l.room_id limit 1) o
     where l.status in ('waiting_consent', 'starting', 'recording', 'paused', 'degraded')
       and l.deleted_at is null and o.closed_at < $1
       and r.meeting_id = l.meeting_id and r.recording_id = l.recording_id and r.status = l.status
     returning r.recording_id as "recordingId", r.recorder_id as "recorderId"`,
    [before],
  );
}

export interface UnsettledRecording {
  recordingId: string;
  roomId: string;
  meetingId: string;
  recorderId: string | null;
  reason: string | null;
  take: number;
  storedTakes: number[];
  /** Of the first take first; null, or too few: it is not known. */
  takeRecorders: (string | null)[];
  stoppedAt: Date | null;
}

/** Those that have ended and still wait for files. */
export function unsettled(from: Queryable): Promise<UnsettledRecording[]> {
  return from.query<UnsettledRecording>(
    `select recording_id as "recordingId", room_id as "roomId", meeting_id as "meetingId",
       recorder_id as "recorderId", reason, take, stored_takes as "storedTakes",
       take_recorders as "takeRecorders", stopped_at as "stoppedAt"
     from recordings where status = 'processing' and deleted_at is null
     order by stopped_at limit 1000`,
  );
}

/** Of these recorders, those that were removed for good. */
export async function removedRecorders(
  from: Queryable,
  recorderIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await from.query<{ recorderId: string }>(
    `select node_id as "recorderId" from nodes where node_id = any ($1) and removed_at is not null`,
    [recorderIds],
  );
  return new Set(rows.map(({ recorderId }) => recorderId));
}

/** Nothing more comes of these takes. For a row that is locked. */
export async function giveUpTakes(
  tx: Queryable,
  { meetingId, recordingId }: RecordingKey,
  takes: readonly number[],
): Promise<void> {
  await tx.query(
    `update recordings set version = version + 1,
       stored_takes = array(select distinct unnest(stored_takes || $3::integer[]) order by 1)
     where meeting_id = $1 and recording_id = $2`,
    [meetingId, recordingId, takes],
  );
}

/** For how long the oldest of them has waited, s. */
export async function unsettledSeconds(from: Queryable): Promise<number> {
  const [row] = await from.query<{ seconds: number }>(
    `select coalesce(greatest(0, extract(epoch from now() - min(stopped_at))), 0)::float8 as seconds
     from recordings where status = 'processing' and deleted_at is null`,
  );
  return row?.seconds ?? 0;
}

/** Why it is not ready yet. */
export async function sayReason(
  from: Queryable,
  { meetingId, recordingId }: RecordingKey,
  reason: string | null,
): Promise<void> {
  await from.query(
    `update recordings set reason = $3, version = version + 1
     where meeting_id = $1 and recording_id = $2 and status = 'processing'
       and reason is distinct from $3`,
    [meetingId, recordingId, reason],
  );
}

/** From now on nobody sees it. False: so it was already. */
export async function markDeleted(
  tx: Queryable,
  { meetingId, recordingId }: RecordingKey,
  at: Date,
): Promise<boolean> {
  const marked = await tx.query(
    `update recordings set deleted_at = $3, version = version + 1
     where meeting_id = $1 and recording_id = $2 and deleted_at is null returning 1`,
    [meetingId, recordingId, at],
  );
  return marked.length > 0;
}

/** Those of a meeting that is deleted. */
export async function markOfMeeting(tx: Queryable, meetingId: string, at: Date): Promise<void> {
  await tx.query(
    `update recordings set deleted_at = $2, version = version + 1
     where meeting_id = $1 and deleted_at is null`,
    [meetingId, at],
  );
}

/** Those of the meetings of an account, but what is just being recorded there. */
export async function markOfHost(tx: Queryable, hostId: string, at: Date): Promise<void> {
  await tx.query(
    `update recordings r set deleted_at = $2, version = r.version + 1 from meetings m
     where m.host_id = $1 and r.meeting_id = m.meeting_id and r.deleted_at is null
       and r.status in ('processing', 'ready', 'failed')`,
    [hostId, at],
  );
}

/** Those whose time is over. */
export async function markExpired(tx: Queryable, at: Date): Promise<void> {
  await tx.query(
    `update recordings set deleted_at = $1, version = version + 1
     where expires_at <= $1 and deleted_at is null`,
    [at],
  );
}

export interface LeavingRecording {
  recordingId: string;
  meetingId: string;
  roomId: string;
  recorderId: string | null;
}

/** Whose files are to be taken away, those first that wait longest. */
export function leaving(from: Queryable, limit: number): Promise<LeavingRecording[]> {
  return from.query<LeavingRecording>(
    `select recording_id as "recordingId", meeting_id as "meetingId", room_id as "roomId",
       recorder_id as "recorderId"
     from recordings where deleted_at is not null and removed_at is null
     order by deleted_at limit $1`,
    [limit],
  );
}

/**
 * Nothing is left of it but who was asked. False: so it was already.
 * The row goes with its meeting, at once where that is gone.
 */
export async function markRemoved(
  tx: Queryable,
  { recordingId, meetingId }: LeavingRecording,
  at: Date,
): Promise<boolean> {
  const marked = await tx.query(
    `update recordings set removed_at = $3, size_bytes = 0
     where meeting_id = $1 and recording_id = $2 and removed_at is null returning 1`,
    [meetingId, recordingId, at],
  );
  for (const table of ['recording_files', 'recording_renders', 'recording_shares']) {
    await tx.query(`delete from ${table} where recording_id = $1`, [recordingId]);
  }
  await tx.query(
    `delete from recordings where meeting_id = $1 and recording_id = $2
       and not exists (select 1 from meetings where day = $3 and meeting_id = $1)`,
    [meetingId, recordingId, dayOf(meetingId)],
  );
  return marked.length > 0;
}
