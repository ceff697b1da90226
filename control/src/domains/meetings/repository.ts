import { dayOf } from '../../ids.js';
import type { PageWish } from '../../plugins/page.js';
import type { Policy } from '../../schemas/values.js';
import type { Queryable } from '../../store/database.js';
import { defaultPolicy } from './default-policy.js';

export interface MeetingRecord {
  meetingId: string;
  code: string;
  kind: 'instant' | 'scheduled' | 'persistent';
  title: string;
  description: string | null;
  policy: Policy;
  /** Of its account; null: made without one. */
  hostId: string | null;
  startsAt: Date | null;
  endsAt: Date | null;
  timeZone: string | null;
  passcodeSealed: Buffer | null;
  startedAt: Date | null;
  endedAt: Date | null;
  /** Counts its changes. */
  version: number;
  createdAt: Date;
}

export async function insertMeeting(tx: Queryable, meeting: MeetingRecord): Promise<void> {
  await tx.query(
    `with named as (insert into meeting_codes (code, day, meeting_id) values ($14, $1, $2))
     insert into meetings (day, meeting_id, meeting_url, kind, title, description, policy,
       created_at, updated_at, host_id, scheduled_at, ends_at, time_zone, passcode_sealed)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $11, $12, $13)`,
    [
      dayOf(meeting.meetingId),
      meeting.meetingId,
      `/m/${meeting.code}`,
      meeting.kind,
      meeting.title,
      meeting.description,
      meeting.policy,
      meeting.createdAt,
      meeting.hostId,
      meeting.startsAt,
      meeting.endsAt,
      meeting.timeZone,
      meeting.passcodeSealed,
      meeting.code,
    ],
  );
}

/** Of `meetings m`. The code is the end of the link's path, so that no other table is asked. */
export const meetingColumns = `m.meeting_id as "meetingId", substr(m.meeting_url, 4) as code, m.kind, m.title, m.description,
  m.policy, m.host_id as "hostId", m.scheduled_at as "startsAt", m.ends_at as "endsAt",
  m.time_zone as "timeZone", m.passcode_sealed as "passcodeSealed", m.started_at as "startedAt",
  m.ended_at as "endedAt", m.version, m.created_at as "createdAt"`;

/** For each of the ids: null where there is none (any more). One that is named twice is read once. */
export async function findMeetings(
  from: Queryable,
  meetingIds: readonly string[],
): Promise<(MeetingRecord | null)[]> {
  const ids = [...new Set(meetingIds)];
  const rows = await from.query<MeetingRecord>(
    `select ${meetingColumns} from unnest($1::date[], $2::uuid[]) as w (day, meeting_id)
     join meetings m on m.day = w.day and m.meeting_id = w.meeting_id and m.deleted_at is null
       and m.day = any ($1)`,
    [ids.map(dayOf), ids],
  );
  const found = new Map(rows.map((row) => [row.meetingId, withDefaults(row)]));
  return meetingIds.map((id) => found.get(id) ?? null);
}

/** As it is now, and as it stays until the transaction ends. */
export async function lockMeeting(tx: Queryable, meetingId: string): Promise<MeetingRecord | null> {
  const [row] = await tx.query<MeetingRecord>(
    `select ${meetingColumns} from meetings m
     where m.day = $1 and m.meeting_id = $2 and m.deleted_at is null for update of m`,
    [dayOf(meetingId), meetingId],
  );
  return row === undefined ? null : withDefaults(row);
}

export interface WantedMeetings extends PageWish {
  hostId: string;
  /** Null: whether they have ended or not. */
  ended: boolean | null;
}

/** In the order of their ids: up to one more than `limit`. */
export async function listMeetings(
  from: Queryable,
  { hostId, ended, after, limit, order }: WantedMeetings,
): Promise<MeetingRecord[]> {
  const behind = order === 'asc' ? '>' : '<';
  const rows = await from.query<MeetingRecord>(
    `select ${meetingColumns} from meetings m
     where m.host_id = $1 and m.meeting_id ${behind} $2 and m.day ${behind}= $3
       and m.deleted_at is null and ($4::boolean is null or (m.ended_at is not null) = $4)
     order by m.meeting_id ${order} limit $5`,
    [hostId, after, dayOf(after), ended, limit + 1],
  );
  return rows.map(withDefaults);
}

/**
 * Writes what hosts may change, as the next version. For a row that is locked.
 * @returns the new version.
 */
export async function saveMeeting(
  tx: Queryable,
  meeting: MeetingRecord,
  at: Date,
): Promise<number> {
  const [saved] = await tx.query<{ version: number }>(
    `update meetings set title = $3, description = $4, policy = $5, scheduled_at = $6,
       ends_at = $7, time_zone = $8, passcode_sealed = $9, updated_at = $10, version = version + 1
     where day = $1 and meeting_id = $2 returning version`,
    [
      dayOf(meeting.meetingId),
      meeting.meetingId,
      meeting.title,
      meeting.description,
      meeting.policy,
      meeting.startsAt,
      meeting.endsAt,
      meeting.timeZone,
      meeting.passcodeSealed,
      at,
    ],
  );
  return (saved as { version: number }).version;
}

export async function markDeleted(tx: Queryable, meetingId: string, at: Date): Promise<void> {
  await tx.query(
    `update meetings set deleted_at = $3, updated_at = $3, version = version + 1
     where day = $1 and meeting_id = $2 and deleted_at is null`,
    [dayOf(meetingId), meetingId, at],
  );
}

/** A meeting keeps what its policy said when it was made; what came later has its default. */
export function withDefaults<Record extends MeetingRecord>(row: Record): Record {
  const policy = { ...defaultPolicy, ...row.policy, has_passcode: row.passcodeSealed !== null };
  return { ...row, policy };
}

/** Sets when it first had a room. */
export async function markStarted(tx: Queryable, meetingId: string, at: Date): Promise<void> {
  await tx.query(
    `update meetings set started_at = coalesce(started_at, $3)
     where day = $1 and meeting_id = $2`,
    [dayOf(meetingId), meetingId, at],
  );
}

/** The meetings of an account go on without an owner. */
export async function disownMeetings(tx: Queryable, userId: string): Promise<void> {
  await tx.query('update meetings set host_id = null, version = version + 1 where host_id = $1', [
    userId,
  ]);
}
