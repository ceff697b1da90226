import type { Queryable } from '../../store/database.js';

export interface FactorRecord {
  userId: string;
  factorId: string;
  kind: 'totp';
  name: string;
  secretSealed: Buffer;
  confirmedAt: Date | null;
  createdAt: Date;
}

const columns = `user_id as "userId", factor_id as "factorId", kind, name,
  secret_sealed as "secretSealed", confirmed_at as "confirmedAt", created_at as "createdAt"`;

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
  step: number,
): Promise<boolean> {
  const taken = await tx.query(
    `update factors set last_step = $3
     where user_id = $1 and factor_id = $2 and (last_step is null or last_step < $3) returning 1`,
    [userId, factorId, step],
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

export async function deleteFactor(
  tx: Queryable,
  { userId, factorId }: FactorRecord,
): Promise<void> {
  await tx.query('delete from factors where user_id = $1 and factor_id = $2', [userId, factorId]);
}

/** Those that nobody confirmed. */
export async function deleteUnconfirmed(
  tx: Queryable,
  userId: string,
  createdBefore: Date,
): Promise<void> {
  await tx.query(
    `delete from factors where user_id = $1 and confirmed_at is null and created_at < $2`,
    [userId, createdBefore],
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
  { hash, at }: { hash: Buffer; at: Date },
): Promise<boolean> {
  const taken = await tx.query(
    `update recovery_codes set used_at = $3
     where user_id = $1 and code_hash = $2 and used_at is null returning 1`,
    [userId, hash, at],
  );
  return taken.length > 0;
}

export async function forgetFactors(tx: Queryable, userId: string): Promise<void> {
  await tx.query('delete from factors where user_id = $1', [userId]);
  await tx.query('delete from recovery_codes where user_id = $1', [userId]);
}
