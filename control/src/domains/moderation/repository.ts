import type { Queryable } from '../../store/database.js';
import type { Identity, RoomBlock } from '../rooms/service.js';
import type { NamedInBlocks } from './blocking.js';

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
     values ($1, $2, $3, $4, $5, $6, decode($7, 'hex'), $8, $9, $10)
     on conflict do nothing`,
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
     where meeting_id = $1 and (device_hash = decode($2, 'hex') or user_id = $3) and left_at is null`,
    [block.meetingId, block.deviceHash, block.userId, block.at],
  );
}

/** Somebody who wants into a meeting. */
export interface Asked {
  meetingId: string;
  who: Identity;
}

const unnamed: NamedInBlocks = { refused: false, invite: false, alike: false };

/** How the blocks in force name these; as `namedIn`. */
export async function findBlocks(
  from: Queryable,
  asked: readonly Asked[],
): Promise<NamedInBlocks[]> {
  const rows = await from.query<NamedInBlocks & { place: number }>(
    `select w.place, bool_or(coalesce(b.user_id = w.user_id, false)
         or coalesce(b.device_hash = decode(w.device_hash, 'hex'), false)
         or coalesce(b.ingest_key_id = w.ingest_key_id, false)) as refused,
       bool_or(coalesce(b.invite_id = w.invite_id, false)) as invite,
       bool_or(b.ingest_key_id is null
         and (w.user_id is null or w.user_id > b.block_id)) as alike
     from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::uuid[]) with ordinality
       as w (meeting_id, user_id, device_hash, ingest_key_id, invite_id, place)
     join blocks b on b.meeting_id = w.meeting_id and b.lifted_at is null
     group by w.place`,
    [
      asked.map(({ meetingId }) => meetingId),
      asked.map(({ who }) => who.userId),
      asked.map(({ who }) => who.deviceHash),
      asked.map(({ who }) => who.ingestKeyId),
      asked.map(({ who }) => who.inviteId),
    ],
  );
  const byPlace = new Map(rows.map((row) => [row.place, row]));
  return asked.map((_, index) => byPlace.get(index + 1) ?? unnamed);
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

/** Those in force, as a room has them. */
export async function newestBlocks(
  from: Queryable,
  meetingId: string,
  limit: number,
): Promise<RoomBlock[]> {
  const rows = await from.query<RoomBlock>(
    `select block_id as "blockId", user_id as "userId", invite_id as "inviteId",
       encode(device_hash, 'hex') as "deviceHash", ingest_key_id as "ingestKeyId"
     from blocks where meeting_id = $1 and lifted_at is null order by block_id desc limit $2`,
    [meetingId, limit],
  );
  return rows.reverse();
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
