import type { ApiScope } from '../../schemas/http.js';
import type { Queryable } from '../../store/database.js';

export interface ApiKeyRecord {
  userId: string;
  apiKeyId: string;
  name: string;
  scopes: ApiScope[];
  /** Was it made by somebody who had shown a second factor? */
  secondFactor: boolean;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  createdAt: Date;
}

/** A key with what of its account decides about requests. */
export interface LiveApiKey extends ApiKeyRecord {
  isAdmin: boolean;
}

const columns = `k.user_id as "userId", k.api_key_id as "apiKeyId", k.name, k.scopes,
  k.second_factor as "secondFactor", k.expires_at as "expiresAt",
  k.last_used_at as "lastUsedAt", k.created_at as "createdAt"`;

export async function insertKey(tx: Queryable, key: ApiKeyRecord, keyHash: Buffer): Promise<void> {
  await tx.query(
    `insert into api_keys (user_id, api_key_id, name, scopes, second_factor, key_hash, expires_at,
       created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      key.userId,
      key.apiKeyId,
      key.name,
      key.scopes,
      key.secondFactor,
      keyHash,
      key.expiresAt,
      key.createdAt,
    ],
  );
}

/** For each of the hashes; null also when it was revoked, or its account is disabled or gone. */
export async function findLive(
  from: Queryable,
  keyHashes: readonly Buffer[],
): Promise<(LiveApiKey | null)[]> {
  const rows = await from.query<LiveApiKey & { keyHash: Buffer }>(
    `select ${columns}, u.is_admin as "isAdmin", k.key_hash as "keyHash"
     from api_keys k join users u on u.user_id = k.user_id and u.disabled_at is null
     where k.key_hash = any ($1) and k.revoked_at is null`,
    [keyHashes],
  );
  const found = new Map(rows.map(({ keyHash, ...row }) => [keyHash.toString('hex'), row]));
  return keyHashes.map((keyHash) => found.get(keyHash.toString('hex')) ?? null);
}

export async function markUsed(from: Queryable, key: ApiKeyRecord, at: Date): Promise<void> {
  await from.query(
    `update api_keys set last_used_at = $3 where user_id = $1 and api_key_id = $2
       and (last_used_at is null or last_used_at < $3)`,
    [key.userId, key.apiKeyId, at],
  );
}

/** Those not revoked (expired ones too), oldest first, behind `after`. */
export function listKeys(
  from: Queryable,
  userId: string,
  after: string,
  limit: number,
): Promise<ApiKeyRecord[]> {
  return from.query<ApiKeyRecord>(
    `select ${columns} from api_keys k
     where k.user_id = $1 and k.api_key_id > $2 and k.revoked_at is null
     order by k.api_key_id limit $3`,
    [userId, after, limit],
  );
}

/** One key, or with null all of the account. @returns how many it ended. */
export async function revoke(
  tx: Queryable,
  userId: string,
  apiKeyId: string | null,
  at: Date,
): Promise<number> {
  const revoked = await tx.query(
    `update api_keys set revoked_at = $3
     where user_id = $1 and ($2::uuid is null or api_key_id = $2) and revoked_at is null
     returning 1`,
    [userId, apiKeyId, at],
  );
  return revoked.length;
}

export async function deleteKeys(tx: Queryable, userId: string): Promise<void> {
  await tx.query('delete from api_keys where user_id = $1', [userId]);
}

/** @returns how many are in force, expired ones too. */
export async function countKeys(from: Queryable, userId: string): Promise<number> {
  const [row] = await from.query<{ count: number }>(
    'select count(*)::int as count from api_keys where user_id = $1 and revoked_at is null',
    [userId],
  );
  return row?.count ?? 0;
}
