import type { Queryable } from '../../store/database.js';

export interface Identity {
  provider: string;
  /** Who it is there, `sub`. */
  subject: string;
}

/** Null when nobody has come with it. */
export async function findIdentity(from: Queryable, identity: Identity): Promise<string | null> {
  const [row] = await from.query<{ userId: string }>(
    `select user_id as "userId" from oidc_identities where provider = $1 and subject = $2`,
    [identity.provider, identity.subject],
  );
  return row?.userId ?? null;
}

export async function insertIdentity(
  tx: Queryable,
  { provider, subject }: Identity,
  { userId, at }: { userId: string; at: Date },
): Promise<void> {
  await tx.query(
    `insert into oidc_identities (provider, subject, user_id, created_at) values ($1, $2, $3, $4)
     on conflict (provider, subject) do nothing`,
    [provider, subject, userId, at],
  );
}

export async function forgetIdentities(tx: Queryable, userId: string): Promise<void> {
  await tx.query('delete from oidc_identities where user_id = $1', [userId]);
}
