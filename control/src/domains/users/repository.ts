import type { Queryable } from '../../store/database.js';

export interface UserRecord {
  userId: string;
  email: string;
  username: string;
  about: string;
  /** Name of the picture in the object store. */
  avatarKey: string | null;
  timeZone: string | null;
  /** Null: logs in by single sign-on only. */
  passwordHash: string | null;
  /** Null: whoever signed up may have typed the address of another. */
  emailConfirmedAt: Date | null;
  isAdmin: boolean;
  disabledAt: Date | null;
  hasSecondFactor: boolean;
  version: number;
  createdAt: Date;
}

const columns = `u.user_id as "userId", u.email, u.username, u.about, u.avatar_key as "avatarKey",
  u.time_zone as "timeZone", u.password_hash as "passwordHash", u.is_admin as "isAdmin",
  u.email_confirmed_at as "emailConfirmedAt",
  u.disabled_at as "disabledAt", u.version, u.created_at as "createdAt",
  exists (select from factors f where f.user_id = u.user_id and f.confirmed_at is not null)
    as "hasSecondFactor"`;

/** False when the address belongs to another account. */
export async function insertUser(
  tx: Queryable,
  user: UserRecord,
  emailKey: string,
): Promise<boolean> {
  const inserted = await tx.query(
    `insert into users (user_id, email, email_key, username, about, time_zone, password_hash,
       is_admin, created_at, updated_at, email_confirmed_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)
     on conflict (email_key) do nothing returning 1`,
    [
      user.userId,
      user.email,
      emailKey,
      user.username,
      user.about,
      user.timeZone,
      user.passwordHash,
      user.isAdmin,
      user.createdAt,
      user.emailConfirmedAt,
    ],
  );
  return inserted.length > 0;
}

/** For each of the ids: null where there is none (any more). */
export async function findUsers(
  from: Queryable,
  userIds: readonly string[],
): Promise<(UserRecord | null)[]> {
  const rows = await from.query<UserRecord>(
    `select ${columns} from users u where user_id = any ($1)`,
    [userIds],
  );
  const found = new Map(rows.map((row) => [row.userId, row]));
  return userIds.map((userId) => found.get(userId) ?? null);
}

/** And keeps others from changing it until the transaction ends. */
export async function lockUser(tx: Queryable, userId: string): Promise<UserRecord | null> {
  const [row] = await tx.query<UserRecord>(
    `select ${columns} from users u where user_id = $1 for update of u`,
    [userId],
  );
  return row ?? null;
}

export async function findByEmailKey(
  from: Queryable,
  emailKey: string,
): Promise<UserRecord | null> {
  const [row] = await from.query<UserRecord>(
    `select ${columns} from users u where email_key = $1`,
    [emailKey],
  );
  return row ?? null;
}

export function listUsers(from: Queryable, after: string, limit: number): Promise<UserRecord[]> {
  return from.query<UserRecord>(
    `select ${columns} from users u where user_id > $1 order by user_id limit $2`,
    [after, limit],
  );
}

/** Writes what may change; the version counts on. */
export async function updateUser(tx: Queryable, user: UserRecord, at: Date): Promise<void> {
  await tx.query(
    `update users set username = $2, about = $3, avatar_key = $4, time_zone = $5,
       password_hash = $6, is_admin = $7, disabled_at = $8, version = version + 1, updated_at = $9,
       email_confirmed_at = $10
     where user_id = $1`,
    [
      user.userId,
      user.username,
      user.about,
      user.avatarKey,
      user.timeZone,
      user.passwordHash,
      user.isAdmin,
      user.disabledAt,
      at,
      user.emailConfirmedAt,
    ],
  );
}

/** The same password under other parameters: nothing that a client could see changes. */
export async function replaceHash(
  from: Queryable,
  userId: string,
  { former, fresh }: { former: string; fresh: string },
): Promise<void> {
  await from.query(
    'update users set password_hash = $3 where user_id = $1 and password_hash = $2',
    [userId, former, fresh],
  );
}

export async function bumpVersion(tx: Queryable, userId: string, at: Date): Promise<void> {
  await tx.query('update users set version = version + 1, updated_at = $2 where user_id = $1', [
    userId,
    at,
  ]);
}

export async function deleteUser(tx: Queryable, userId: string): Promise<void> {
  await tx.query('delete from users where user_id = $1', [userId]);
}

/** Administrators who can log in; nobody else may join or leave them before the transaction ends. */
export async function lockAdmins(tx: Queryable): Promise<string[]> {
  await tx.query('select pg_advisory_xact_lock($1)', [adminsLock]);
  const rows = await tx.query<{ id: string }>(
    'select user_id as id from users where is_admin and disabled_at is null',
  );
  return rows.map(({ id }) => id);
}

const adminsLock = 0x706c6164;

export async function insertSetupToken(
  from: Queryable,
  tokenHash: Buffer,
  at: Date,
): Promise<void> {
  await from.query('insert into setup_tokens (token_hash, created_at) values ($1, $2)', [
    tokenHash,
    at,
  ]);
}

export async function hasSetupToken(from: Queryable, tokenHash: Buffer): Promise<boolean> {
  const found = await from.query('select from setup_tokens where token_hash = $1', [tokenHash]);
  return found.length > 0;
}

/** All of them are void once one was used. False: it is none. */
export async function useSetupToken(tx: Queryable, tokenHash: Buffer): Promise<boolean> {
  const found = await tx.query('delete from setup_tokens where token_hash = $1 returning 1', [
    tokenHash,
  ]);
  if (found.length === 0) return false;
  await tx.query('delete from setup_tokens');
  return true;
}
