import type { Queryable } from '../../store/database.js';

export interface FactorRecord {
  userId: string;
  factorId: string;
  kind: 'totp' | 'webauthn';
  name: string;
  /** Of an app. */
  secretSealed: Buffer | null;
  /** Of a confirmed key, as all that follow up to `transports`. */
  credentialId: Buffer | null;
  publicKey: Buffer | null;
  signCount: number | null;
  transports: string[] | null;
  confirmedAt: Date | null;
  lastUsedAt: Date | null;
  createdAt: Date;
}

/** What a key has made of itself. */
export interface Credential {
  credentialId: Buffer;
  /** COSE. */
  publicKey: Buffer;
  signCount: number;
  transports: string[];
}

/** Writes that a factor was confirmed, of a locked account: false when it was before. */
export type Proof = (tx: Queryable, at: Date) => Promise<boolean>;

/** Of an account; more would only help who guesses. */
export const maxFactors = 5;
/** Sorts before every id. */
export const noId = '00000000-0000-0000-0000-000000000000';

const columns = `user_id as "userId", factor_id as "factorId", kind, name,
  secret_sealed as "secretSealed", credential_id as "credentialId", public_key as "publicKey",
  sign_count as "signCount", transports, confirmed_at as "confirmedAt",
  last_used_at as "lastUsedAt", created_at as "createdAt"`;

export async function insertFactor(tx: Queryable, factor: FactorRecord): Promise<void> {
  await tx.query(
    `insert into factors (user_id, factor_id, kind, name, secret_sealed, created_at)
     values ($1, $2, $3, $4, $5, $6)`,
    [
      factor.userId,
      factor.factorId,
      factor.kind,
      factor.name,
      factor.secretSealed,
      factor.createdAt,
    ],
  );
}

/** Oldest first, behind `after`. */
export function listFactors(
  from: Queryable,
  userId: string,
  after: string,
  limit: number,
): Promise<FactorRecord[]> {
  return from.query<FactorRecord>(
    `select ${columns} from factors where user_id = $1 and factor_id > $2
     order by factor_id limit $3`,
    [userId, after, limit],
  );
}

/** Those that count. */
export async function listConfirmed(from: Queryable, userId: string): Promise<FactorRecord[]> {
  const all = await listFactors(from, userId, noId, maxFactors);
  return all.filter(({ confirmedAt }) => confirmedAt !== null);
}

export async function findFactor(
  from: Queryable,
  userId: string,
  factorId: string,
): Promise<FactorRecord | null> {
  const [row] = await from.query<FactorRecord>(
    `select ${columns} from factors where user_id = $1 and factor_id = $2`,
    [userId, factorId],
  );
  return row ?? null;
}

/** A code is good once: false when this step, or a later one, was used. */
export async function takeStep(
  tx: Queryable,
  { userId, factorId }: FactorRecord,
  { step, at }: { step: number; at: Date },
): Promise<boolean> {
  const taken = await tx.query(
    `update factors set last_step = $3, last_used_at = $4
     where user_id = $1 and factor_id = $2 and (last_step is null or last_step < $3) returning 1`,
    [userId, factorId, step, at],
  );
  return taken.length > 0;
}

/** False when it was confirmed before. */
export async function markConfirmed(
  tx: Queryable,
  { userId, factorId }: FactorRecord,
  at: Date,
): Promise<boolean> {
  const confirmed = await tx.query(
    `update factors set confirmed_at = $3
     where user_id = $1 and factor_id = $2 and confirmed_at is null returning 1`,
    [userId, factorId, at],
  );
  return confirmed.length > 0;
}

/** The same, for a key. */
export async function confirmKey(
  tx: Queryable,
  { userId, factorId }: FactorRecord,
  at: Date,
  { credentialId, publicKey, signCount, transports }: Credential,
): Promise<boolean> {
  const confirmed = await tx.query(
    `update factors set confirmed_at = $3, last_used_at = $3, credential_id = $4, public_key = $5,
       sign_count = $6, transports = $7
     where user_id = $1 and factor_id = $2 and confirmed_at is null returning 1`,
    [userId, factorId, at, credentialId, publicKey, signCount, transports],
  );
  return confirmed.length > 0;
}

export async function hasCredential(
  from: Queryable,
  userId: string,
  credentialId: Buffer,
): Promise<boolean> {
  const rows = await from.query('select from factors where user_id = $1 and credential_id = $2', [
    userId,
    credentialId,
  ]);
  return rows.length > 0;
}

/** False when the key has counted as far before; keys that do not count say 0 (WebAuthn §6.1.1). */
export async function takeCount(
  from: Queryable,
  { userId, factorId }: FactorRecord,
  { count, at }: { count: number; at: Date },
): Promise<boolean> {
  const taken = await from.query(
    `update factors set sign_count = $3, last_used_at = $4
     where user_id = $1 and factor_id = $2
       and (sign_count < $3 or sign_count = 0 and $3 = 0) returning 1`,
    [userId, factorId, count, at],
  );
  return taken.length > 0;
}

export async function deleteFactor(
  tx: Queryable,
  { userId, factorId }: FactorRecord,
): Promise<void> {
  await tx.query('delete from factors where user_id = $1 and factor_id = $2', [userId, factorId]);
}

/** Those that nobody confirmed: apps begun before `appsBefore`, keys before `keysBefore`. */
export async function deleteUnconfirmed(
  tx: Queryable,
  userId: string,
  { appsBefore, keysBefore }: { appsBefore: Date; keysBefore: Date },
): Promise<void> {
  await tx.query(
    `delete from factors where user_id = $1 and confirmed_at is null
       and (kind = 'totp' and created_at < $2 or kind = 'webauthn' and created_at < $3)`,
    [userId, appsBefore, keysBefore],
  );
}

/** In place of all that there were. */
export async function replaceRecoveryCodes(
  tx: Queryable,
  userId: string,
  hashes: readonly Buffer[],
): Promise<void> {
  await tx.query('delete from recovery_codes where user_id = $1', [userId]);
  await tx.query('insert into recovery_codes (user_id, code_hash) select $1, unnest($2::bytea[])', [
    userId,
    hashes,
  ]);
}

/** False when it is none, or was used. */
export async function takeRecoveryCode(
  tx: Queryable,
  userId: string,
  { hashes, at }: { hashes: readonly Buffer[]; at: Date },
): Promise<boolean> {
  const taken = await tx.query(
    `update recovery_codes set used_at = $3
     where user_id = $1 and code_hash = any ($2) and used_at is null returning 1`,
    [userId, hashes, at],
  );
  return taken.length > 0;
}

export async function forgetFactors(tx: Queryable, userId: string): Promise<void> {
  await tx.query('delete from factors where user_id = $1', [userId]);
  await tx.query('delete from recovery_codes where user_id = $1', [userId]);
}
