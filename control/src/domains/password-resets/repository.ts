import type { Queryable } from '../../store/database.js';

export interface PasswordReset {
  userId: string;
  tokenHash: Buffer;
  expiresAt: Date;
  createdAt: Date;
}

export async function insertReset(from: Queryable, reset: PasswordReset): Promise<void> {
  await from.query(
    `insert into password_resets (token_hash, user_id, expires_at, created_at)
     values ($1, $2, $3, $4)`,
    [reset.tokenHash, reset.userId, reset.expiresAt, reset.createdAt],
  );
}

/** Whose token it is; null when it is none, was used, or is too old. */
export async function findReset(
  from: Queryable,
  tokenHash: Buffer,
  now: Date,
): Promise<string | null> {
  const [row] = await from.query<{ userId: string }>(
    `select user_id as "userId" from password_resets
     where token_hash = $1 and used_at is null and expires_at > $2`,
    [tokenHash, now],
  );
  return row?.userId ?? null;
}

/** Uses the token. False when somebody else was faster. */
export async function useReset(tx: Queryable, tokenHash: Buffer, now: Date): Promise<boolean> {
  const used = await tx.query(
    `update password_resets set used_at = $2
     where token_hash = $1 and used_at is null and expires_at > $2 returning 1`,
    [tokenHash, now],
  );
  return used.length > 0;
}

export async function forgetResets(tx: Queryable, userId: string): Promise<void> {
  await tx.query('delete from password_resets where user_id = $1', [userId]);
}
