import type { Clock } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import { BucketTable } from '../../token-bucket.js';

/** Of an account: five, then one in five minutes (three codes in a million are right). */
const rate = { perSecond: 1 / 300, burst: 5 };

/** Wrong codes and keys. */
export class Misses {
  private readonly buckets: BucketTable;

  constructor(clock: Clock) {
    this.buckets = new BucketTable(rate, clock);
  }

  /** @throws ControlError `rate_limited` after too many. */
  check(userId: string): void {
    const retryAfterMs = this.buckets.of(userId).wait();
    if (retryAfterMs === 0) return;
    throw new ControlError('rate_limited', 'Too many wrong codes.', { retryAfterMs });
  }

  count(userId: string): void {
    this.buckets.of(userId).take();
  }
}
