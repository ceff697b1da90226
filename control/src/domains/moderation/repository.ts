import type { Queryable } from '../../store/database.js';
import type { Identity } from '../rooms/service.js';

export interface NewBlock extends Identity {
  meetingId: string;
  blockId: string;
  participantId: string;
  displayName: string;
  /** A participant; null: an account from outside. */
  createdBy: string | null;
  at: Date;
}

/** Keeps somebody out, and ends what they hold already: seats and join tokens not used yet. */
export async function insertBlock(tx: Queryable, block: NewBlock): Promise<void> {
  await tx.query(
    `insert into blocks (meeting_id, block_id, participant_id, display_name, user_id, invite_id,
       device_hash, ingest_key_id, created_by, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      block.meetingId,
      block.blockId,
      block.participantId,
      block.displayName,
      block.userId,
      block.inviteId,
      block.deviceHash,
      block.ingestKeyId,
      block.createdBy,
      block.at,
    ],
  );
  await tx.query(
    `update participants set left_at = $4, leave_reason = 'removed', resume_hashes = '{}'
     where meeting_id = $1 and (device_hash = $2 or user_id = $3) and left_at is null`,
    [block.meetingId, block.deviceHash, block.userId, block.at],
  );
}

/** Does a block in force name this account, device or ingest key; does one name this invite? */
export async function findBlocks(
  from: Queryable,
  meetingId: string,
  who: Identity,
): Promise<{ refused: boolean; invite: boolean }> {
  const [found] = await from.query<{ refused: boolean | null; invite: boolean | null }>(
    `select bool_or(coalesce(user_id = $2, false) or coalesce(device_hash = $3, false)
         or coalesce(ingest_key_id = $4, false)) as refused,
       bool_or(coalesce(invite_id = $5, false)) as invite
     from blocks where meeting_id = $1 and lifted_at is null`,
    [meetingId, who.userId, who.deviceHash, who.ingestKeyId, who.inviteId],
  );
  return { refused: found?.refused ?? false, invite: found?.invite ?? false };
}

export interface BlockRecord {
  blockId: string;
  participantId: string;
  displayName: string;
  userId: string | null;
  inviteId: string | null;
  hasDevice: boolean;
  ingestKeyId: string | null;
  createdAt: Date;
}

/** The ids are UUIDv7: their order is that of time. */
export function listBlocks(
  from: Queryable,
  meetingId: string,
  after: string,
  limit: number,
): Promise<BlockRecord[]> {
  return from.query<BlockRecord>(
    `select block_id as "blockId", participant_id as "participantId", user_id as "userId",
       display_name as "displayName", invite_id as "inviteId",
       device_hash is not null as "hasDevice", ingest_key_id as "ingestKeyId",
       created_at as "createdAt"
     from blocks where meeting_id = $1 and block_id > $2 and lifted_at is null
     order by block_id limit $3`,
    [meetingId, after, limit],
  );
}

export async function liftBlock(
  tx: Queryable,
  { meetingId, blockId, at }: { meetingId: string; blockId: string; at: Date },
): Promise<boolean> {
  const lifted = await tx.query(
    `update blocks set lifted_at = $3
     where meeting_id = $1 and block_id = $2 and lifted_at is null returning 1`,
    [meetingId, blockId, at],
  );
  return lifted.length > 0;
}
