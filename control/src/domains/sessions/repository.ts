import type { Queryable } from '../../store/database.js';

export interface SessionRecord {
  userId: string;
  sessionId: string;
  userAgent: string;
  /** Was a second factor shown, at the login or later? */
  secondFactor: boolean;
  createdAt: Date;
  lastSeenAt: Date;
  expiresAt: Date;
}

/** A session with what of its account decides about requests. */
export interface LiveSession extends SessionRecord {
  isAdmin: boolean;
}

const columns = `s.user_id as "userId", s.session_id as "sessionId", s.user_agent as "userAgent",
  s.second_factor as "secondFactor", s.created_at as "createdAt",
  s.last_seen_at as "lastSeenAt", s.expires_at as "expiresAt"`;

/**
 * In one statement: whoever changes the account just now is waited for.
 * @param asOf the version that the account has to have, null: whichever.
 * @returns false when it is another, or the account is disabled or gone.
 */
export async function insertSession(
  tx: Queryable,
  session: SessionRecord,
  tokenHash: Buffer,
  asOf: number | null,
): Promise<boolean> {
  const inserted = await tx.query(
    `insert into login_sessions (user_id, session_id, token_hash, user_agent, second_factor,
       created_at, last_seen_at, expires_at)
     select $1, $2, $3, $4, $5, $6, $7, $8 from users u
     where u.user_id = $1 and u.disabled_at is null and u.version = coalesce($9, u.version)
     for share of u returning 1`,
    [
      session.userId,
      session.sessionId,
      tokenHash,
      session.userAgent,
      session.secondFactor,
      session.createdAt,
      session.lastSeenAt,
      session.expiresAt,
      asOf,
    ],
  );
  return inserted.length > 0;
}

/** For each of the hashes; null also when it was revoked, or its account is disabled or gone. */
export async function findLive(
  from: Queryable,
  tokenHashes: readonly Buffer[],
): Promise<(LiveSession | null)[]> {
  const rows = await from.query<LiveSession & { tokenHash: Buffer }>(
    `select ${columns}, u.is_admin as "isAdmin", s.token_hash as "tokenHash"
     from login_sessions s join users u on u.user_id = s.user_id and u.disabled_at is null
     where s.token_hash = any ($1) and s.revoked_at is null`,
    [tokenHashes],
  );
  const found = new Map(rows.map(({ tokenHash, ...row }) => [tokenHash.toString('hex'), row]));
  return tokenHashes.map((tokenHash) => found.get(tokenHash.toString('hex')) ?? null);
}

export async function touch(from: Queryable, session: SessionRecord, at: Date): Promise<void> {
  await from.query(
    `update login_sessions set last_seen_at = $3
     where user_id = $1 and session_id = $2 and last_seen_at < $3`,
    [session.userId, session.sessionId, at],
  );
}

/** When it was logged in; null when it is no session. */
export async function beginOf(
  from: Queryable,
  userId: string,
  sessionId: string,
): Promise<Date | null> {
  const [row] = await from.query<{ at: Date }>(
    'select created_at as at from login_sessions where user_id = $1 and session_id = $2',
    [userId, sessionId],
  );
  return row?.at ?? null;
}

/** Those in force at `now` and seen since `idleSince`, oldest first, behind `after`. */
export function listSessions(
  from: Queryable,
  userId: string,
  { now, idleSince }: { now: Date; idleSince: Date },
  { after, limit }: { after: string; limit: number },
): Promise<SessionRecord[]> {
  return from.query<SessionRecord>(
    `select ${columns} from login_sessions s
     where s.user_id = $1 and s.session_id > $2 and s.revoked_at is null and s.expires_at > $3
       and s.last_seen_at > $4
     order by s.session_id limit $5`,
    [userId, after, now, idleSince, limit],
  );
}

/** By which the sessions in force of an account are found. */
export async function tokenHashes(from: Queryable, userId: string): Promise<Buffer[]> {
  const rows = await from.query<{ hash: Buffer }>(
    `select token_hash as hash from login_sessions where user_id = $1 and revoked_at is null`,
    [userId],
  );
  return rows.map(({ hash }) => hash);
}

/**
 * Revokes one session, or with null all of the account but `except`. The time is the database's:
 * other processes look for what is new by it, and their clocks may differ.
 * @returns ids of those that it ended.
 */
export async function revoke(
  tx: Queryable,
  userId: string,
  sessionId: string | null,
  except: string | null = null,
): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `update login_sessions set revoked_at = clock_timestamp()
     where user_id = $1 and ($2::uuid is null or session_id = $2)
       and ($3::uuid is null or session_id <> $3) and revoked_at is null
     returning session_id as id`,
    [userId, sessionId, except],
  );
  return rows.map(({ id }) => id);
}

/** What was revoked after `since` (null: in the last `coverMs`), and the database's time. */
export async function revokedSince(
  from: Queryable,
  since: Date | null,
  { coverMs, limit }: { coverMs: number; limit: number },
): Promise<{ at: Date; sessionIds: string[] }> {
  const [row] = await from.query<{ at: Date; sessionIds: string[] }>(
    `select clock_timestamp() as at, array(
       select session_id::text from login_sessions
       where revoked_at > coalesce($1, clock_timestamp() - $2 * interval '1 ms') limit $3
     ) as "sessionIds"`,
    [since, coverMs, limit],
  );
  return row as { at: Date; sessionIds: string[] };
}
