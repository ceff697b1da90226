import { dayOf } from '../../ids.js';
import type { Policy, Role } from '../../schemas/values.js';
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

export interface InviteRecord {
  inviteId: string;
  role: Role;
  expiresAt: Date | null;
  maxUses: number | null;
  uses: number;
  lobbyBypass: boolean;
}

export async function insertMeeting(tx: Queryable, meeting: MeetingRecord): Promise<void> {
  await tx.query('insert into meeting_codes (code, day, meeting_id) values ($1, $2, $3)', [
    meeting.code,
    dayOf(meeting.meetingId),
    meeting.meetingId,
  ]);
  await tx.query(
    `insert into meetings (day, meeting_id, meeting_url, kind, title, description, policy,
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
    ],
  );
}

export interface NewInvite {
  meetingId: string;
  inviteId: string;
  role: Role;
  secretHash: Buffer;
  createdAt: Date;
}

export async function insertInvite(tx: Queryable, invite: NewInvite): Promise<void> {
  await tx.query(
    `insert into invites (meeting_id, invite_id, role, secret_hash, created_at)
     values ($1, $2, $3, $4, $5)`,
    [invite.meetingId, invite.inviteId, invite.role, invite.secretHash, invite.createdAt],
  );
}

export const meetingColumns = `m.meeting_id as "meetingId", c.code, m.kind, m.title, m.description,
  m.policy, m.host_id as "hostId", m.scheduled_at as "startsAt", m.ends_at as "endsAt",
  m.time_zone as "timeZone", m.passcode_sealed as "passcodeSealed", m.started_at as "startedAt",
  m.ended_at as "endedAt", m.version, m.created_at as "createdAt"`;

export const inviteColumns = `i.invite_id as "inviteId", i.role, i.max_uses as "maxUses",
  i.expires_at as "expiresAt", i.uses, i.lobby_bypass as "lobbyBypass"`;

/** An invite by its secret alone; null also when it was revoked. */
export async function findInvite(
  from: Queryable,
  meetingId: string,
  secretHash: Buffer,
): Promise<InviteRecord | null> {
  const [row] = await from.query<InviteRecord>(
    `select ${inviteColumns} from invites i where meeting_id = $1 and secret_hash = $2 and revoked_at is null`,
    [meetingId, secretHash],
  );
  return row ?? null;
}

export async function findMeeting(
  from: Queryable,
  meetingId: string,
): Promise<MeetingRecord | null> {
  const [row] = await from.query<MeetingRecord>(
    `select ${meetingColumns} from meetings m join meeting_codes c using (day, meeting_id)
     where m.day = $1 and m.meeting_id = $2 and m.deleted_at is null`,
    [dayOf(meetingId), meetingId],
  );
  return row === undefined ? null : withDefaults(row);
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
