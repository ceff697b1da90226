import type { BucketRate, WindowLimit } from '../token-bucket.js';
import type { Fence } from './fence.js';

/**
 * What control processes share and can rebuild: short-lived records, counters, leases and notices.
 * Never the truth (that is Postgres): everything here may be gone at any moment, and a write that was
 * acknowledged may be gone after a failover. Implementations: in this process (`memory:`), Redis
 * alone, behind Sentinel, or as a Cluster (`redis:`); one contract suite holds for all
 * (contract.ts). Keys are `part:id`; each holds one kind (a plain
 * record, a counter, a bucket, a window, a fenced record) for good.
 *
 * Errors: every call rejects with ControlError `dependency_down` when the server cannot be reached in
 * time; a write that was rejected so may have happened. RangeError for a life, a rate or an epoch that is
 * none.
 */
export interface Bus {
  /** Do other processes see it? */
  readonly isShared: boolean;
  /** Null when there is none, or it has expired. */
  get(key: string): Promise<string | null>;
  /** Replaces; gone after `lifeMs` (≥ 1). */
  set(key: string, value: string, lifeMs: number): Promise<void>;
  /** Sets only where nothing is: whether it did. */
  add(key: string, value: string, lifeMs: number): Promise<boolean>;
  delete(...keys: string[]): Promise<void>;
  /** Adds one and returns the sum; the first one starts the life of the counter. */
  count(key: string, lifeMs: number): Promise<number>;
  /**
   * Takes a token out of a bucket, as `TokenBucket` does, by the clock of the server. A token comes
   * back after a whole number of milliseconds, rounded up.
   * @returns 0, or the milliseconds until there is one (nothing is taken).
   */
  take(key: string, rate: BucketRate): Promise<number>;
  /** What `take` would say; takes nothing. */
  wait(key: string, rate: BucketRate): Promise<number>;
  /**
   * Takes a place in a sliding window, as `SlidingWindow` does, by the clock of the server.
   * @returns 0, or the milliseconds until there is one (nothing is taken).
   */
  takeWithin(key: string, limit: WindowLimit): Promise<number>;
  /** What `takeWithin` would say; takes nothing. */
  waitWithin(key: string, limit: WindowLimit): Promise<number>;
  /**
   * A record under a fencing token: replaced only under the same or a later one.
   * @returns whether it is ours now; false when a later one holds.
   */
  setFenced(key: string, fence: Fence, value: string, lifeMs: number): Promise<boolean>;
  getFenced(key: string): Promise<(Fence & { value: string }) | null>;
  /** Deletes the record unless a later token holds. */
  deleteFenced(key: string, fence: Fence): Promise<void>;
  /** To whoever listens now; nobody is no error. In order per sender, at most once. */
  publish(channel: string, message: string): Promise<void>;
  /** Resolves when notices from now on are heard. The returned function ends it. */
  subscribe(channel: string, listener: (message: string) => void): Promise<() => void>;
  close(): Promise<void>;
}

/** Null where this process is all there is: what only others would read need not be written then. */
export function sharedOrNull(bus: Bus): Bus | null {
  return bus.isShared ? bus : null;
}
