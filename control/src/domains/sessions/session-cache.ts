import type { Bus } from '../../bus/bus.js';
import type { Clock } from '../../clock.js';
import type { LiveSession } from './repository.js';

/** How long a record is believed after it was read from Postgres. */
export const recordLifeMs = 60_000;

interface CachedSession extends Omit<LiveSession, 'createdAt' | 'lastSeenAt' | 'expiresAt'> {
  createdAt: number;
  lastSeenAt: number;
  expiresAt: number;
  /** When Postgres said so: a bus may bring back what had expired in it. */
  readAt: number;
}

/**
 * Login sessions on the bus, so that not every request asks Postgres. It never decides alone: a
 * record counts only beside a fresh view of what was revoked. A bus that fails is no cache, no error.
 */
export class SessionCache {
  constructor(
    private readonly bus: Bus,
    private readonly clock: Clock,
  ) {}

  async get(tokenHash: Buffer): Promise<LiveSession | null> {
    const text = await this.bus.get(keyOf(tokenHash)).catch(() => null);
    if (text === null) return null;
    const { readAt, ...cached } = JSON.parse(text) as CachedSession;
    if (this.clock.now() - readAt >= recordLifeMs) return null;
    return {
      ...cached,
      createdAt: new Date(cached.createdAt),
      lastSeenAt: new Date(cached.lastSeenAt),
      expiresAt: new Date(cached.expiresAt),
    };
  }

  /** @param readAt before Postgres was asked. */
  async put(tokenHash: Buffer, session: LiveSession, readAt: number): Promise<void> {
    const cached: CachedSession = {
      ...session,
      createdAt: session.createdAt.getTime(),
      lastSeenAt: session.lastSeenAt.getTime(),
      expiresAt: session.expiresAt.getTime(),
      readAt,
    };
    await this.bus.set(keyOf(tokenHash), JSON.stringify(cached), recordLifeMs).catch(() => {});
  }

  /** Not for sure: what makes a session worth less must not depend on it. */
  async forget(tokenHashes: readonly Buffer[]): Promise<void> {
    await this.bus.delete(...tokenHashes.map(keyOf)).catch(() => {});
  }
}

function keyOf(tokenHash: Buffer): string {
  return `session:${tokenHash.toString('base64url')}`;
}
