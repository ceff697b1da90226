import type { Clock } from './clock.js';

export interface BucketRate {
  perSecond: number;
  burst: number;
}

/** At most so many in any span of that length. */
export interface WindowLimit {
  count: number;
  windowMs: number;
}

/** What limits how often something happens. */
export interface Limiter {
  /** Takes one. Returns 0, or the milliseconds until there is one (nothing is taken). */
  take(): number;
  /** Milliseconds until there is one, 0 when there is; takes nothing. */
  wait(): number;
  /** Undoes a `take` that was let through. */
  giveBack(): void;
  readonly remaining: number;
  /** Is it as if nothing had ever been taken? */
  readonly full: boolean;
}

/** A token bucket: `burst` at once, `perSecond` in the long run. */
export class TokenBucket implements Limiter {
  private tokens: number;
  private refilledAt: number;

  constructor(
    private readonly rate: BucketRate,
    private readonly clock: Clock,
  ) {
    this.tokens = rate.burst;
    this.refilledAt = clock.monotonic();
  }

  take(): number {
    this.refill();
    if (this.tokens >= 1) {
      this.tokens -= 1;
      return 0;
    }
    return Math.ceil(((1 - this.tokens) / this.rate.perSecond) * 1000);
  }

  wait(): number {
    this.refill();
    return this.tokens >= 1 ? 0 : Math.ceil(((1 - this.tokens) / this.rate.perSecond) * 1000);
  }

  giveBack(): void {
    this.tokens = Math.min(this.rate.burst, this.tokens + 1);
  }

  get remaining(): number {
    this.refill();
    return Math.floor(this.tokens);
  }

  get full(): boolean {
    this.refill();
    return this.tokens >= this.rate.burst;
  }

  private refill(): void {
    const now = this.clock.monotonic();
    const gained = ((now - this.refilledAt) / 1000) * this.rate.perSecond;
    this.tokens = Math.min(this.rate.burst, this.tokens + gained);
    this.refilledAt = now;
  }
}

/** A sliding window: the number holds exactly, wherever one begins to count. */
export class SlidingWindow implements Limiter {
  /** Oldest first. */
  private taken: number[] = [];

  constructor(
    private readonly limit: WindowLimit,
    private readonly clock: Clock,
  ) {}

  take(): number {
    const waitMs = this.wait();
    if (waitMs === 0) this.taken.push(this.clock.monotonic());
    return waitMs;
  }

  wait(): number {
    const { count, windowMs } = this.limit;
    const before = this.taken.slice(-count)[0];
    if (this.remaining > 0 || before === undefined) return 0;
    return Math.ceil(before + windowMs - this.clock.monotonic());
  }

  giveBack(): void {
    this.taken.pop();
  }

  get remaining(): number {
    const since = this.clock.monotonic() - this.limit.windowMs;
    this.taken = this.taken.filter((at) => at > since);
    return Math.max(0, this.limit.count - this.taken.length);
  }

  get full(): boolean {
    return this.remaining === this.limit.count;
  }
}

/**
 * More keys at once than this and those of which least was taken are forgotten: raising it costs
 * memory (about 200 bytes each), lowering it lets a wide attack reset the counts of others.
 */
const maxKeys = 50_000;
/** Forgotten at once: it takes a look at all of them. */
const forgottenShare = 0.1;

/** One limiter per key (an address), forgotten when nothing of it is taken any more. */
export class LimitTable<One extends Limiter> {
  private readonly limiters = new Map<string, One>();

  constructor(
    private readonly make: () => One,
    private readonly most = maxKeys,
  ) {}

  of(key: string): One {
    let limiter = this.limiters.get(key);
    if (limiter === undefined) {
      if (this.limiters.size >= this.most) this.forget();
      limiter = this.make();
      this.limiters.set(key, limiter);
    }
    return limiter;
  }

  delete(key: string): void {
    this.limiters.delete(key);
  }

  private forget(): void {
    for (const [key, limiter] of this.limiters) if (limiter.full) this.limiters.delete(key);
    if (this.limiters.size < this.most) return;
    const fullestFirst = [...this.limiters]
      .map(([key, { remaining }]) => ({ key, remaining }))
      .sort((one, other) => other.remaining - one.remaining);
    const spare = Math.ceil(this.most * forgottenShare);
    for (const { key } of fullestFirst.slice(0, spare)) this.limiters.delete(key);
  }
}

export class BucketTable extends LimitTable<TokenBucket> {
  constructor(
    readonly rate: BucketRate,
    clock: Clock,
  ) {
    super(() => new TokenBucket(rate, clock));
  }
}
