import type { Queryable } from '../../store/database.js';

export interface ShareRecord {
  recordingId: string;
  shareId: string;
  secretHash: Buffer;
  /** Keyed, hexadecimal: without our key nobody tries out what it was. Null: the link is enough. */
  passcodeHash: string | null;
  expiresAt: Date;
  createdAt: Date;
}

const columns = `recording_id as "recordingId", share_id as "shareId", secret_hash as "secretHash",
  passcode_hash as "passcodeHash", expires_at as "expiresAt", created_at as "createdAt"`;

export async function insertShare(
  tx: Queryable,
  share: ShareRecord,
  createdBy: string | null,
): Promise<void> {
  await tx.query(
    `insert into recording_shares (recording_id, share_id, secret_hash, passcode_hash, created_by,
       expires_at, created_at) values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      share.recordingId,
      share.shareId,
      share.secretHash,
      share.passcodeHash,
      createdBy,
      share.expiresAt,
      share.createdAt,
    ],
  );
}

export async function countShares(tx: Queryable, recordingId: string): Promise<number> {
  const [row] = await tx.query<{ count: number }>(
    'select count(*)::int as count from recording_shares where recording_id = $1',
    [recordingId],
  );
  return row?.count ?? 0;
}

/** In the order of their ids: up to one more than `limit`. */
export function listShares(
  from: Queryable,
  recordingId: string,
  { after, limit }: { after: string; limit: number },
): Promise<ShareRecord[]> {
  return from.query<ShareRecord>(
    `select ${columns} from recording_shares where recording_id = $1 and share_id > $2
     order by share_id limit $3`,
    [recordingId, after, limit + 1],
  );
}

export async function findShare(from: Queryable, shareId: string): Promise<ShareRecord | null> {
  const [row] = await from.query<ShareRecord>(
    `select ${columns} from recording_shares where share_id = $1`,
    [shareId],
  );
  return row ?? null;
}

/** False: there was none. */
export async function deleteShare(
  from: Queryable,
  recordingId: string,
  shareId: string,
): Promise<boolean> {
  const deleted = await from.query(
    'delete from recording_shares where recording_id = $1 and share_id = $2 returning 1',
    [recordingId, shareId],
  );
  return deleted.length > 0;
}
