import { hashSecret } from '../../ids.js';
import type { Queryable } from '../../store/database.js';

export interface Challenge {
  userId: string;
  /** 256 random bits, base64url. */
  challenge: string;
  /** The key that is being added; null: a login. */
  factorId: string | null;
}

/** Those of the account that are over go. */
export async function keepChallenge(
  tx: Queryable,
  { userId, challenge, factorId }: Challenge,
  { now, expiresAt }: { now: Date; expiresAt: Date },
): Promise<void> {
  await tx.query('delete from webauthn_challenges where user_id = $1 and expires_at <= $2', [
    userId,
    now,
  ]);
  await tx.query(
    `insert into webauthn_challenges (user_id, challenge_hash, factor_id, expires_at)
     values ($1, $2, $3, $4)`,
    [userId, hashSecret(challenge), factorId, expiresAt],
  );
}

/** Once, whatever comes of it: false when it was never given out for this, was used, or is over. */
export async function takeChallenge(
  from: Queryable,
  { userId, challenge, factorId }: Challenge,
  now: Date,
): Promise<boolean> {
  const [taken] = await from.query<{ inTime: boolean }>(
    `delete from webauthn_challenges
     where user_id = $1 and challenge_hash = $2 and factor_id is not distinct from $3
     returning expires_at > $4 as "inTime"`,
    [userId, hashSecret(challenge), factorId, now],
  );
  return taken?.inTime === true;
}

export async function forgetChallenges(tx: Queryable, userId: string): Promise<void> {
  await tx.query('delete from webauthn_challenges where user_id = $1', [userId]);
}
