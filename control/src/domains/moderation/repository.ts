import type { Queryable } from '../../store/database.js';

export interface NewBlock {
  meetingId: string;
  blockId: string;
  participantId: string;
  deviceHash: Buffer | null;
  createdBy: string;
  at: Date;
}

/** Keeps a device out, and ends what it holds already: seats and join tokens not used yet. */
export async function insertBlock(tx: Queryable, block: NewBlock): Promise<void> {
  await tx.query(
    `insert into blocks (meeting_id, block_id, participant_id, device_hash, created_by, created_at)
     values ($1, $2, $3, $4, $5, $6)`,
    [
      block.meetingId,
      block.blockId,
      block.participantId,
      block.deviceHash,
      block.createdBy,
      block.at,
    ],
  );
  if (block.deviceHash === null) return;
  await tx.query(
    `update participants set left_at = $3, leave_reason = 'removed', resume_hashes = '{}'
     where meeting_id = $1 and device_hash = $2 and left_at is null`,
    [block.meetingId, block.deviceHash, block.at],
  );
}

export async function isDeviceBlocked(
  from: Queryable,
  meetingId: string,
  deviceHash: Buffer,
): Promise<boolean> {
  const found = await from.query(
    `select 1 from blocks
     where meeting_id = $1 and device_hash = $2 and lifted_at is null limit 1`,
    [meetingId, deviceHash],
  );
  return found.length > 0;
}
