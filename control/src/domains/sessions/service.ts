import type { Bus } from '../../bus/bus.js';
import { type Clock, isoTime } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import { hashSecret, type Ids, isId } from '../../ids.js';
import { type PageWish, pageOf } from '../../plugins/page.js';
import type { UserPrincipal } from '../../principal.js';
import type { Listed } from '../../schemas/http/common.js';
import type { LoginSession } from '../../schemas/http.js';
import type { SecurityLog } from '../../security-log.js';
import type { Database, Queryable } from '../../store/database.js';
import { Gatherer } from '../../store/gatherer.js';
import type { LiveSession, SessionRecord } from './repository.js';
import * as repository from './repository.js';
import { Revocations } from './revocations.js';
import { SessionCache } from './session-cache.js';

export { type LoginAttempt, type LoginLimits, LoginService } from './login.js';
export type { SessionRecord } from './repository.js';

const idleMs = 12 * 3_600_000;
/** Whatever happens meanwhile: 7 days. */
export const sessionLifeMs = 7 * 86_400_000;
/** `last_seen_at` is written so often at most. */
const touchEveryMs = 60_000;
const userAgentLength = 256;
/** A login this young lets people change what they log in with. */
const freshMs = 600_000;
const channel = 'sessions-revoked';

export interface SessionsContext {
  database: Database;
  /** Null: every request asks Postgres. */
  bus: Bus | null;
  clock: Clock;
  ids: Ids;
  /** May administrators act without having shown a second factor? */
  adminSecondFactor: 'required' | 'optional';
  security: SecurityLog;
}

export interface NewSession {
  userId: string;
  userAgent: string;
  secondFactor: boolean;
  /** When the login was that it goes on for; null: now. */
  begunAt?: Date | null;
}

/** The token is its cookie. */
export interface BegunSession {
  token: string;
  session: SessionRecord;
}

/**
 * What is logged in. Postgres is the truth; a cache may answer for a minute, but never without a view
 * of what was revoked that is younger than a second.
 */
export class SessionsService {
  readonly revocations: Revocations;
  private readonly cache: SessionCache | null;
  private readonly found: Gatherer<Buffer, LiveSession | null>;

  constructor(private readonly context: SessionsContext) {
    const { bus, clock, database } = context;
    this.cache = bus && new SessionCache(bus, clock);
    this.found = new Gatherer((hashes) => repository.findLive(database, hashes));
    this.revocations = new Revocations(database, clock);
  }

  /** Keeps the view of what was revoked until the returned function is called. */
  async watch(): Promise<() => void> {
    const { bus } = this.context;
    if (bus === null) return () => {};
    const stopWatching = this.revocations.watch();
    const hear = (message: string) => this.revocations.add(message.split(' '));
    // Without the notices a revocation is in force some tenths of a second later.
    const stopHearing = await bus.subscribe(channel, hear).catch(() => () => {});
    return () => {
      stopHearing();
      stopWatching();
    };
  }

  /**
   * A new session, and the token that is its cookie (256 bit; kept as a hash).
   * @param asOf the version of the account whose password, factors and state were looked at.
   * @throws ControlError `conflict` when it has changed since, or is disabled.
   */
  async begin(
    tx: Queryable,
    { begunAt, userAgent, ...wanted }: NewSession,
    asOf: number | null = null,
  ): Promise<BegunSession> {
    const { clock, ids } = this.context;
    const now = new Date(clock.now());
    const createdAt = begunAt ?? now;
    const token = ids.secret();
    const session: SessionRecord = {
      ...wanted,
      userAgent: userAgent.slice(0, userAgentLength),
      sessionId: ids.next(),
      createdAt,
      lastSeenAt: now,
      expiresAt: new Date(createdAt.getTime() + sessionLifeMs),
    };
    if (await repository.insertSession(tx, session, hashSecret(token), asOf)) {
      return { token, session };
    }
    throw new ControlError('conflict', 'The account was changed just now: log in again.');
  }

  /**
   * A session that has shown a second factor, in place of one that had not. It ends when that would
   * have, and does not count as a fresh login where that did not.
   * @throws ControlError `unauthenticated` when that has ended meanwhile; `conflict` as `begin`.
   */
  async replace(
    { userId, sessionId }: UserPrincipal,
    userAgent: string,
    asOf: number,
  ): Promise<BegunSession> {
    const begun = await this.context.database.transaction(async (tx) => {
      const begunAt = await repository.beginOf(tx, userId, sessionId);
      const wanted = { userId, userAgent, secondFactor: true, begunAt };
      // The account before its sessions, as everybody locks them.
      const begun = await this.begin(tx, wanted, asOf);
      const ended = await repository.revoke(tx, userId, sessionId);
      if (ended.length > 0) return begun;
      throw new ControlError('unauthenticated', 'The login is not valid (any more).');
    });
    this.announce([sessionId]);
    return begun;
  }

  /** Who shows this token; null when it is not (or no longer) a login. */
  async authenticate(token: string): Promise<UserPrincipal | null> {
    const tokenHash = hashSecret(token);
    const cached = (await this.cache?.get(tokenHash)) ?? null;
    const isBelieved = cached !== null && this.revocations.isFresh;
    const session = isBelieved ? cached : await this.read(tokenHash);
    if (session === null || this.revocations.has(session.sessionId)) return null;
    if (!this.isInForce(session)) return null;
    const { userId, sessionId, isAdmin, secondFactor } = session;
    const mayAct = secondFactor || this.context.adminSecondFactor === 'optional';
    return {
      kind: 'user',
      userId,
      sessionId,
      isAdmin: isAdmin && mayAct,
      needsSecondFactor: isAdmin && !mayAct,
      secondFactor,
    };
  }

  /** @throws ControlError `forbidden` when the login is older than ten minutes. */
  async requireFresh({ userId, sessionId }: UserPrincipal): Promise<void> {
    const { database, clock } = this.context;
    const begunAt = await repository.beginOf(database, userId, sessionId);
    if (begunAt !== null && clock.now() - begunAt.getTime() < freshMs) return;
    throw new ControlError('forbidden', 'Log in again: this needs a login of the last minutes.', {
      errors: [{ pointer: '', code: 'login_again', detail: 'log out, log in, and repeat' }],
    });
  }

  /** Those of an account in force, oldest first. */
  async list({ userId, sessionId }: UserPrincipal, wish: PageWish): Promise<Listed<LoginSession>> {
    const { clock, database } = this.context;
    const now = new Date(clock.now());
    const times = { now, idleSince: new Date(clock.now() - idleMs) };
    const page = { after: wish.after, limit: wish.limit + 1 };
    const rows = await repository.listSessions(database, userId, times, page);
    return pageOf.list(
      rows,
      wish.limit,
      (row) => row.sessionId,
      (row) => presentSession(row, sessionId),
    );
  }

  /** @throws ControlError `not_found` for one that is not (or no longer) theirs. */
  async revoke(userId: string, sessionId: string): Promise<void> {
    const ended = isId(sessionId)
      ? await repository.revoke(this.context.database, userId, sessionId)
      : [];
    if (ended.length === 0) throw new ControlError('not_found', 'There is no such session.');
    this.announce(ended);
    this.context.security.write('session.ended', { user_id: userId, session_id: sessionId });
  }

  /** Ends the session of a token, if it is one. */
  async revokeToken(token: string): Promise<void> {
    const session = await this.found.add(hashSecret(token));
    if (session === null) return;
    const { userId, sessionId } = session;
    this.announce(await repository.revoke(this.context.database, userId, sessionId));
  }

  async revokeAll(userId: string): Promise<void> {
    this.announce(await repository.revoke(this.context.database, userId, null));
    this.context.security.write('sessions.ended', { user_id: userId });
  }

  /**
   * As a part of something larger: ends all of an account but `except`.
   * @returns ids for `announce`, after the commit.
   */
  revokeAllIn(tx: Queryable, userId: string, except: string | null = null): Promise<string[]> {
    return repository.revoke(tx, userId, null, except);
  }

  /** Tells this process and the others at once; those that do not hear it find it in Postgres. */
  announce(sessionIds: readonly string[]): void {
    if (sessionIds.length === 0 || this.context.bus === null) return;
    this.revocations.add(sessionIds);
    this.context.bus.publish(channel, sessionIds.join(' ')).catch(() => {});
  }

  /** An account may do more than before: its logins show it at once, not after the life of a record. */
  async refresh(userId: string): Promise<void> {
    if (this.cache === null) return;
    await this.cache.forget(await repository.tokenHashes(this.context.database, userId));
  }

  private async read(tokenHash: Buffer): Promise<LiveSession | null> {
    const { database, clock } = this.context;
    const readAt = clock.now();
    const session = await this.found.add(tokenHash);
    if (session === null || !this.isInForce(session)) return null;
    if (readAt - session.lastSeenAt.getTime() >= touchEveryMs) {
      session.lastSeenAt = new Date(readAt);
      await repository.touch(database, session, session.lastSeenAt);
    }
    await this.cache?.put(tokenHash, session, readAt);
    return session;
  }

  private isInForce({ lastSeenAt, expiresAt }: SessionRecord): boolean {
    const now = this.context.clock.now();
    return now < expiresAt.getTime() && now - lastSeenAt.getTime() < idleMs;
  }
}

export function presentSession(session: SessionRecord, currentId: string): LoginSession {
  return {
    session_id: session.sessionId,
    is_current: session.sessionId === currentId,
    user_agent: session.userAgent,
    second_factor: session.secondFactor,
    created_at: isoTime(session.createdAt.getTime()),
    last_seen_at: isoTime(session.lastSeenAt.getTime()),
    expires_at: isoTime(session.expiresAt.getTime()),
  };
}
