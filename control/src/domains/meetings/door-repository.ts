import { dayOf } from '../../ids.js';
import type { Policy } from '../../schemas/values.js';
import type { Queryable } from '../../store/database.js';
import type { NamedMeeting } from './door.js';
import { type InviteRecord, inviteColumns } from './invites-repository.js';
import { type MeetingRecord, meetingColumns, withDefaults } from './repository.js';

type Row = MeetingRecord & Omit<InviteRecord, 'inviteId'> & { inviteId: string | null };

const found = `select ${meetingColumns}, ${inviteColumns}`;
const withInvite = `left join invites i on i.meeting_id = m.meeting_id and i.secret_hash = $2
    and i.revoked_at is null`;

/** One statement for every case, so that what is wrong does not show in the time it takes. */
export async function findByCode(
  from: Queryable,
  code: string,
  secretHash: Buffer,
): Promise<NamedMeeting | null> {
  const [row] = await from.query<Row>(
    `${found} from meeting_codes c
     join meetings m on m.day = c.day and m.meeting_id = c.meeting_id and m.deleted_at is null
     ${withInvite} where c.code = $1`,
    [code, secretHash],
  );
  return named(row);
}

export async function findById(
  from: Queryable,
  meetingId: string,
  secretHash: Buffer,
): Promise<NamedMeeting | null> {
  const [row] = await from.query<Row>(
    `${found} from meetings m ${withInvite}
     where m.day = $3 and m.meeting_id = $1 and m.deleted_at is null`,
    [meetingId, secretHash, dayOf(meetingId)],
  );
  return named(row);
}

function named(row: Row | undefined): NamedMeeting | null {
  if (row === undefined) return null;
  const { inviteId } = row;
  return { meeting: withDefaults(row), invite: inviteId === null ? null : { ...row, inviteId } };
}

export async function countUse(
  tx: Queryable,
  meetingId: string,
  inviteId: string,
): Promise<boolean> {
  const counted = await tx.query(
    `update invites set uses = uses + 1
     where meeting_id = $1 and invite_id = $2 and revoked_at is null
       and (max_uses is null or uses < max_uses) returning 1`,
    [meetingId, inviteId],
  );
  return counted.length > 0;
}

export async function mergePolicy(
  tx: Queryable,
  meetingId: string,
  change: Partial<Policy>,
  at: Date,
): Promise<void> {
  await tx.query(
    `update meetings set policy = policy || $3::jsonb, version = version + 1, updated_at = $4
     where day = $1 and meeting_id = $2`,
    [dayOf(meetingId), meetingId, JSON.stringify(change), at],
  );
}

export async function markEnded(tx: Queryable, meetingId: string, at: Date): Promise<void> {
  await tx.query(
    `update meetings set ended_at = $3, version = version + 1, updated_at = $3
     where day = $1 and meeting_id = $2 and kind <> 'persistent' and ended_at is null`,
    [dayOf(meetingId), meetingId, at],
  );
}
