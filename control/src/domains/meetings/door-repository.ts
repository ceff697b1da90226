import { dayOf } from '../../ids.js';
import type { Policy } from '../../schemas/values.js';
import type { Queryable } from '../../store/database.js';
import type { NamedMeeting } from './door.js';
import type { KnownInvite } from './door-memory.js';
import { type InviteRecord, inviteColumns } from './invites-repository.js';
import { type MeetingRecord, meetingColumns, withDefaults } from './repository.js';

type Row = MeetingRecord &
  Omit<InviteRecord, 'inviteId'> & { inviteId: string | null; place: number };

export interface WantedCode {
  code: string;
  secretHash: Buffer;
}

export interface WantedId {
  meetingId: string;
  secretHash: Buffer;
}

/**
 * The same two statements for every case, so that what is wrong does not show in the time it takes. Two,
 * since Postgres plans one over every day that there is, and the second only over the days it is told
 * (of 150 days: 37 ms, and 0.4).
 */
export async function findByCode(
  from: Queryable,
  wanted: readonly WantedCode[],
): Promise<(NamedMeeting | null)[]> {
  const named = await from.query<{ place: number; meetingId: string }>(
    `select w.place, c.meeting_id as "meetingId"
     from unnest($1::text[]) with ordinality as w (code, place)
     join meeting_codes c on c.code = w.code`,
    [wanted.map(({ code }) => code)],
  );
  const links = named.map(({ place, meetingId }) => ({
    meetingId,
    secretHash: (wanted[place - 1] as WantedCode).secretHash,
  }));
  const found = await findById(from, links);
  const placed = new Array<NamedMeeting | null>(wanted.length).fill(null);
  for (const [index, { place }] of named.entries()) placed[place - 1] = found[index] ?? null;
  return placed;
}

export async function findById(
  from: Queryable,
  wanted: readonly WantedId[],
): Promise<(NamedMeeting | null)[]> {
  const rows = await from.query<Row>(
    `select w.place, ${meetingColumns}, ${inviteColumns}
     from unnest($1::uuid[], $2::date[], $3::bytea[]) with ordinality
       as w (meeting_id, day, secret_hash, place)
     join meetings m on m.day = w.day and m.meeting_id = w.meeting_id and m.deleted_at is null
       and m.day = any ($2)
     left join invites i on i.meeting_id = m.meeting_id and i.secret_hash = w.secret_hash
       and i.revoked_at is null`,
    [
      wanted.map(({ meetingId }) => meetingId),
      wanted.map(({ meetingId }) => dayOf(meetingId)),
      wanted.map(({ secretHash }) => secretHash),
    ],
  );
  // `place` counts from 1; where nothing was found there is no row.
  const placed = new Array<NamedMeeting | null>(wanted.length).fill(null);
  for (const row of rows) placed[row.place - 1] = named(row);
  return placed;
}

function named(row: Row): NamedMeeting {
  const { inviteId } = row;
  return { meeting: withDefaults(row), invite: inviteId === null ? null : { ...row, inviteId } };
}

/** Those in force, the newest first. */
export function listForDoor(
  from: Queryable,
  meetingId: string,
  limit: number,
): Promise<KnownInvite[]> {
  return from.query<KnownInvite>(
    `select ${inviteColumns}, encode(i.secret_hash, 'hex') as "secretHash" from invites i
     where i.meeting_id = $1 and i.revoked_at is null order by i.invite_id desc limit $2`,
    [meetingId, limit],
  );
}

export interface InviteUse {
  meetingId: string;
  inviteId: string;
  /** So many want to use it at once. */
  wanted: number;
}

export interface CountedUses {
  /** So many of those who wanted to may use it. */
  granted: number;
  /** In all, with them. */
  uses: number;
}

/**
 * Counts invites as used, so often as is wanted and allowed. In the order of their ids: two
 * transactions that count the same ones wait for each other, never in a circle. (LEAST passes over
 * the null of an invite without a limit.)
 * @returns by invite; one that is revoked is not among them.
 */
export async function countUses(
  tx: Queryable,
  uses: readonly InviteUse[],
): Promise<Map<string, CountedUses>> {
  const rows = await tx.query<CountedUses & { inviteId: string }>(
    `with allowed as materialized (
       select i.meeting_id, i.invite_id,
         greatest(0, least(w.wanted, i.max_uses - i.uses)) as granted
       from unnest($1::uuid[], $2::uuid[], $3::int[]) as w (meeting_id, invite_id, wanted)
       join invites i on i.meeting_id = w.meeting_id and i.invite_id = w.invite_id
       where i.revoked_at is null order by i.invite_id for update of i)
     update invites i set uses = i.uses + a.granted from allowed a
     where i.meeting_id = a.meeting_id and i.invite_id = a.invite_id
     returning i.invite_id as "inviteId", a.granted, i.uses`,
    [
      uses.map(({ meetingId }) => meetingId),
      uses.map(({ inviteId }) => inviteId),
      uses.map(({ wanted }) => wanted),
    ],
  );
  return new Map(rows.map(({ inviteId, ...counted }) => [inviteId, counted]));
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
