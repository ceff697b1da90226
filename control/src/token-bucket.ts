import type { Clock } from './clock.js';

export interface BucketRate {
  perSecond: number;
  burst: number;
}

/** A token bucket: `burst` at once, `perSecond` in the long run. */
export class TokenBucket {
  private tokens: number;
  private refilledAt: number;

  constructor(
    private readonly rate: BucketRate,
    private readonly clock: Clock,
  ) {
    this.tokens = rate.burst;
    this.refilledAt = clock.monotonic();
  }

  /** Takes one token. Returns 0, or the milliseconds until there is one (nothing is taken). */
  take(): number {
    this.refill();
    if (this.tokens >= 1) {
      this.tokens -= 1;
      return 0;
    }
    return Math.ceil(((1 - this.tokens) / this.rate.perSecond) * 1000);
  }

  /** Milliseconds until a token is there, 0 when one is; takes nothing. */
  wait(): number {
    this.refill();
    return this.tokens >= 1 ? 0 : Math.ceil(((1 - this.tokens) / this.rate.perSecond) * 1000);
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

/**
 * More keys at once than this and the fullest buckets are forgotten: raising it costs memory
 * (about 200 bytes each), lowering it lets a wide attack reset the counts of others.
 */
const maxBuckets = 50_000;

/** One bucket per key (an address), forgotten when it is full again. */
export class BucketTable {
  private readonly buckets = new Map<string, TokenBucket>();

  constructor(
    readonly rate: BucketRate,
    private readonly clock: Clock,
  ) {}

  of(key: string): TokenBucket {
    let bucket = this.buckets.get(key);
    if (bucket === undefined) {
      if (this.buckets.size >= maxBuckets) this.forget();
      bucket = new TokenBucket(this.rate, this.clock);
      this.buckets.set(key, bucket);
    }
    return bucket;
  }

  private forget(): void {
    for (const [key, bucket] of this.buckets) if (bucket.full) this.buckets.delete(key);
    for (const key of this.buckets.keys()) {
      if (this.buckets.size < maxBuckets) return;
      this.buckets.delete(key);
    }
  }
}
