import type { Role } from '../../schemas/values.js';
import type { Queryable } from '../../store/database.js';

export interface InviteRecord {
  inviteId: string;
  role: Role;
  expiresAt: Date | null;
  maxUses: number | null;
  uses: number;
  lobbyBypass: boolean;
}

export interface ListedInvite extends InviteRecord {
  createdAt: Date;
}

export interface NewInvite extends Omit<ListedInvite, 'uses'> {
  meetingId: string;
  secretHash: Buffer;
  /** Of the meeting's own link: hosts see it again. */
  secretSealed: Buffer | null;
}

export interface InviteKey {
  meetingId: string;
  inviteId: string;
}

/** Of `invites i`. */
export const inviteColumns = `i.invite_id as "inviteId", i.role, i.max_uses as "maxUses",
  i.expires_at as "expiresAt", i.uses, i.lobby_bypass as "lobbyBypass"`;

export async function insertInvites(tx: Queryable, invites: readonly NewInvite[]): Promise<void> {
  await tx.query(
    `insert into invites (meeting_id, invite_id, role, secret_hash, secret_sealed, expires_at,
       max_uses, lobby_bypass, created_at)
     select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bytea[], $5::bytea[],
       $6::timestamptz[], $7::int[], $8::bool[], $9::timestamptz[])`,
    [
      invites.map(({ meetingId }) => meetingId),
      invites.map(({ inviteId }) => inviteId),
      invites.map(({ role }) => role),
      invites.map(({ secretHash }) => secretHash),
      invites.map(({ secretSealed }) => secretSealed),
      invites.map(({ expiresAt }) => expiresAt),
      invites.map(({ maxUses }) => maxUses),
      invites.map(({ lobbyBypass }) => lobbyBypass),
      invites.map(({ createdAt }) => createdAt),
    ],
  );
}

/** An invite by its secret alone; null also when it was revoked. */
export async function findInvite(
  from: Queryable,
  meetingId: string,
  secretHash: Buffer,
): Promise<InviteRecord | null> {
  const [row] = await from.query<InviteRecord>(
    `select ${inviteColumns} from invites i
     where i.meeting_id = $1 and i.secret_hash = $2 and i.revoked_at is null`,
    [meetingId, secretHash],
  );
  return row ?? null;
}

/** Those not revoked, in the order of their ids: up to one more than `limit`. */
export function listInvites(
  from: Queryable,
  meetingId: string,
  { after, limit }: { after: string; limit: number },
): Promise<ListedInvite[]> {
  return from.query<ListedInvite>(
    `select ${inviteColumns}, i.created_at as "createdAt" from invites i
     where i.meeting_id = $1 and i.invite_id > $2 and i.revoked_at is null
     order by i.invite_id limit $3`,
    [meetingId, after, limit + 1],
  );
}

/**
 * The meeting's own link: the oldest one that can be shown again. Null: there never was one, or it
 * was revoked.
 */
export async function findDefault(
  from: Queryable,
  meetingId: string,
): Promise<(InviteRecord & { secretSealed: Buffer }) | null> {
  const [row] = await from.query<InviteRecord & { secretSealed: Buffer }>(
    `select ${inviteColumns}, i.secret_sealed as "secretSealed" from invites i
     where i.meeting_id = $1 and i.secret_sealed is not null and i.revoked_at is null
     order by i.invite_id limit 1`,
    [meetingId],
  );
  return row ?? null;
}

/** The role that an invite gives. Null: there is no such invite (any more). */
export async function findRole(
  from: Queryable,
  { meetingId, inviteId }: InviteKey,
): Promise<Role | null> {
  const [row] = await from.query<{ role: Role }>(
    `select role from invites
     where meeting_id = $1 and invite_id = $2 and revoked_at is null`,
    [meetingId, inviteId],
  );
  return row?.role ?? null;
}

export async function revokeInvite(
  tx: Queryable,
  { meetingId, inviteId }: InviteKey,
  at: Date,
): Promise<void> {
  await tx.query(
    `update invites set revoked_at = $3
     where meeting_id = $1 and invite_id = $2 and revoked_at is null`,
    [meetingId, inviteId, at],
  );
}
