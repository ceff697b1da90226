import type { Clock } from '../../clock.js';
import type { Database } from '../../store/database.js';
import { revokedSince } from './repository.js';

const pollMs = 200;
/** An older view does not count: then each session is asked for in Postgres. */
const maxViewAgeMs = 1000;
/**
 * How long a revocation is remembered: twice as long as a cached record is believed, so that clocks
 * of processes may differ by less than a minute.
 */
const coverMs = 120_000;
/** Each look reaches so far behind the one before: a transaction may commit that late. */
const overlapMs = 10_000;
/**
 * More revocations at once than this are not kept: Postgres is asked for each session meanwhile.
 * Raising it costs memory (about 150 bytes each).
 */
const maxKept = 100_000;

/**
 * What was revoked lately, read from Postgres again and again: the one source of truth, whatever a
 * cache says. Who asks must ask `isFresh` too.
 */
export class Revocations {
  /** Session → when it may be forgotten (monotonic). */
  private readonly kept = new Map<string, number>();
  /** The database's time of the last look. */
  private seenUntil: Date | null = null;
  /** When the last look that succeeded began (monotonic). */
  private lookedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  has(sessionId: string): boolean {
    return this.kept.has(sessionId);
  }

  /** Is everything known that was revoked more than a second ago? */
  get isFresh(): boolean {
    return this.clock.monotonic() - this.lookedAt < maxViewAgeMs;
  }

  /** Heard otherwise than by looking: sooner, but not for sure. */
  add(sessionIds: readonly string[]): void {
    const until = this.clock.monotonic() + coverMs;
    for (const id of sessionIds.slice(0, maxKept - this.kept.size)) this.kept.set(id, until);
  }

  /** @throws ControlError `dependency_down`: the view stays as old as it was. */
  async look(): Promise<void> {
    const beganAt = this.clock.monotonic();
    this.forget(beganAt);
    const limit = maxKept - this.kept.size;
    const since = this.seenUntil && new Date(this.seenUntil.getTime() - overlapMs);
    const { at, sessionIds } = await revokedSince(this.database, since, { coverMs, limit });
    this.add(sessionIds);
    if (sessionIds.length >= limit) return;
    this.seenUntil = at;
    this.lookedAt = beganAt;
  }

  /** Looks until the returned function is called. What fails is seen by `isFresh`. */
  watch(): () => void {
    let cancel = () => {};
    let ended = false;
    const turn = () => {
      void this.look()
        .catch(() => {})
        .then(() => {
          if (!ended) cancel = this.clock.after(pollMs, turn);
        });
    };
    turn();
    return () => {
      ended = true;
      cancel();
    };
  }

  private forget(now: number): void {
    for (const [id, until] of this.kept) {
      if (until > now) return;
      this.kept.delete(id);
    }
  }
}
