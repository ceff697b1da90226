import type { Queryable } from '../../store/database.js';
import type { ConsentRule } from '../rooms/service.js';
import type { Answer, Asked } from './consent.js';
import type { LiveState } from './live-states.js';
import type { RecordingKey } from './repository.js';

const live = `('waiting_consent', 'starting', 'recording', 'paused', 'degraded')`;

/** A recording of a room that goes on, as it is written. */
export interface LiveRecord {
  recordingId: string;
  roomId: string;
  title: string;
  status: LiveState;
  isPaused: boolean;
  consent: ConsentRule;
  recorderId: string | null;
  take: number;
  startedAt: Date | null;
  /** Until now, by the clock of the database: whose else has stepped does not matter. */
  recordedMs: number;
}

export interface NewRecording {
  meetingId: string;
  recordingId: string;
  roomId: string;
  /** Of the room: nobody records a room that another process has. */
  epoch: number;
  title: string;
  consent: ConsentRule;
  startedBy: string | null;
  status: LiveState;
  at: Date;
}

/** False: the room is over, or another process has it; neither happens before this is written. */
export async function insertRecording(tx: Queryable, recording: NewRecording): Promise<boolean> {
  const { meetingId, recordingId, roomId, epoch } = recording;
  const { title, consent, startedBy, status, at } = recording;
  const made = await tx.query(
    `insert into recordings (meeting_id, recording_id, room_id, title, status, consent, started_by, created_at)
     select meeting_id, $2, room_id, $5, $6, $7, $8, $9 from rooms
     where meeting_id = $1 and room_id = $3 and epoch = $4 and closed_at is null for share
     returning 1`,
    [meetingId, recordingId, roomId, epoch, title, status, consent, startedBy, at],
  );
  return made.length > 0;
}

/** The one that goes on in a meeting; null: there is none. */
export async function findLive(from: Queryable, meetingId: string): Promise<LiveRecord | null> {
  const [found] = await from.query<LiveRecord>(
    `select recording_id as "recordingId", room_id as "roomId", title, status, is_paused as "isPaused", consent,
       recorder_id as "recorderId", take, started_at as "startedAt",
       recorded_ms::float8 + case when status in ('recording', 'degraded') and recorded_at is not null
         then greatest(0, extract(epoch from now() - recorded_at) * 1000)::float8 else 0 end as "recordedMs"
     from recordings where meeting_id = $1 and deleted_at is null and status in ${live}`,
    [meetingId],
  );
  return found ?? null;
}

/** Was a room ever recorded, also what nobody sees any more? */
export async function wasRecorded(
  from: Queryable,
  { meetingId, roomId }: { meetingId: string; roomId: string },
): Promise<boolean> {
  const found = await from.query(
    'select 1 from recordings where meeting_id = $1 and room_id = $2 limit 1',
    [meetingId, roomId],
  );
  return found.length > 0;
}

export interface AssignedTake extends RecordingKey {
  take: number;
  recorderId: string;
  /** The one before, if its recorder refused it; else null. Nothing of it is waited for. */
  refusedTake: number | null;
}

/** With a take, if there is one, counted as stored. */
const storedWith = (take: string) =>
  `case when ${take}::integer is null or ${take} = any(stored_takes) then stored_takes
     else array_append(stored_takes, ${take}) end`;

/** Which recorder was given which take. False: another process has done so meanwhile, or it is over. */
export async function assignTake(tx: Queryable, assigned: AssignedTake): Promise<boolean> {
  const { meetingId, recordingId, take, recorderId, refusedTake } = assigned;
  const made = await tx.query(
    `update recordings set take = $3, recorder_id = $4, take_recorders[$3] = $4,
       stored_takes = ${storedWith('$5')}
     where meeting_id = $1 and recording_id = $2 and take = $3 - 1 and status in ${live} returning 1`,
    [meetingId, recordingId, take, recorderId, refusedTake],
  );
  return made.length > 0;
}

/** Which take it has, and who; null: it goes on no more. */
export async function assignedTake(
  from: Queryable,
  { meetingId, recordingId }: RecordingKey,
): Promise<{ take: number; recorderId: string | null } | null> {
  const [row] = await from.query<{ take: number; recorderId: string | null }>(
    `select take, recorder_id as "recorderId" from recordings
     where meeting_id = $1 and recording_id = $2 and status in ${live}`,
    [meetingId, recordingId],
  );
  return row ?? null;
}

/** A take that no recorder was ever given: nothing of it is waited for. */
export async function writeUnused(
  tx: Queryable,
  { meetingId, recordingId }: RecordingKey,
  take: number,
): Promise<void> {
  await tx.query(
    `update recordings set stored_takes = ${storedWith('$3')}
     where meeting_id = $1 and recording_id = $2`,
    [meetingId, recordingId, take],
  );
}

export interface LiveChange extends RecordingKey {
  status: LiveState;
  /** By a host, whatever is shown. */
  isPaused: boolean;
  reason: string | null;
  recordedMs: number;
  /** When it began; null: it has not. */
  startedAt: Date | null;
}

export async function changeLive(tx: Queryable, change: LiveChange): Promise<void> {
  const { meetingId, recordingId, status, isPaused, reason, recordedMs, startedAt } = change;
  await tx.query(
    `update recordings set version = version + 1, status = $3, reason = $4,
       recorded_ms = greatest(recorded_ms, $5), recorded_at = now(), started_at = coalesce(started_at, $6),
       is_paused = $7
     where meeting_id = $1 and recording_id = $2 and status in ${live}`,
    [meetingId, recordingId, status, reason, Math.round(recordedMs), startedAt, isPaused],
  );
}

/** For whoever takes the room over; which take it is of says that it is nobody's of before. */
export async function keepTime(
  tx: Queryable,
  { meetingId, recordingId, take, recordedMs }: RecordingKey & { take: number; recordedMs: number },
): Promise<void> {
  await tx.query(
    `update recordings set recorded_ms = greatest(recorded_ms, $4), recorded_at = now()
     where meeting_id = $1 and recording_id = $2 and take = $3 and status in ${live}`,
    [meetingId, recordingId, take, Math.round(recordedMs)],
  );
}

export interface LiveEnd extends RecordingKey {
  recordedMs: number;
  /** Null: it was stopped in order; what was recorded is stored. Else nothing was recorded, because of this. */
  failure: string | null;
  /** Nothing of it is waited for; null: of every take. */
  refusedTake: number | null;
  at: Date;
}

/** It goes on no more: `processing`, or `failed` when there is nothing of it. */
export async function endLive(tx: Queryable, end: LiveEnd): Promise<void> {
  const { meetingId, recordingId, recordedMs, failure, refusedTake, at } = end;
  await tx.query(
    `update recordings set version = version + 1,
       status = case when $4::text is null then 'processing' else 'failed' end,
       reason = $4, recorded_ms = greatest(recorded_ms, $3), recorded_at = null, stopped_at = $5,
       stored_takes = ${storedWith('$6')}
     where meeting_id = $1 and recording_id = $2 and status in ${live}`,
    [meetingId, recordingId, Math.round(recordedMs), failure, at, refusedTake],
  );
}

/** What a process has left of a meeting whose room it lost: over, with what there is of it. */
export async function endLeft(tx: Queryable, meetingId: string, at: Date): Promise<void> {
  await tx.query(
    `update recordings set version = version + 1,
       status = case when started_at is not null then 'processing' else 'failed' end,
       reason = case when started_at is not null then null else 'never_began' end, recorded_at = null, stopped_at = $2
     where meeting_id = $1 and deleted_at is null and status in ${live}`,
    [meetingId, at],
  );
}

/** Null: there is no such recording. Of whoever knows its id alone: wherever it lies it is looked for. */
export async function meetingOf(from: Queryable, recordingId: string): Promise<string | null> {
  const [found] = await from.query<{ meeting_id: string }>(
    `select meeting_id from recordings where recording_id = $1 and deleted_at is null`,
    [recordingId],
  );
  return found?.meeting_id ?? null;
}

export interface WrittenConsent extends Asked {
  recordingId: string;
  accepted: Answer;
  textVersion: string;
  at: Date;
}

/** One row for each person: asked once, and answered by their latest answer, in whatever order they come. */
export async function writeConsent(tx: Queryable, consent: WrittenConsent): Promise<void> {
  const { recordingId, participantId, name, userId, accepted, textVersion, at } = consent;
  await tx.query(
    `insert into recording_consents (recording_id, participant_id, name, user_id, accepted, text_version,
       asked_at, answered_at)
     values ($1, $2, $3, $4, $5::boolean, $6, $7, case when $5::boolean is not null then $7::timestamptz end)
     on conflict (recording_id, participant_id) do update
     set accepted = excluded.accepted, text_version = excluded.text_version,
       answered_at = excluded.answered_at
     where excluded.accepted is not null and (recording_consents.answered_at is null
       or recording_consents.answered_at <= excluded.answered_at)`,
    [recordingId, participantId, name, userId, accepted, textVersion, at],
  );
}

export function consentsOf(
  from: Queryable,
  recordingId: string,
): Promise<{ participantId: string; accepted: Answer }[]> {
  return from.query(
    `select participant_id as "participantId", accepted from recording_consents where recording_id = $1`,
    [recordingId],
  );
}
