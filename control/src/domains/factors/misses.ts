import { SharedLimit, type SharedLimitContext } from '../../bus/shared-limit.js';
import { ControlError } from '../../control-error.js';

/** Of an account: five, then one in five minutes (three codes in a million are right). */
const rate = { perSecond: 1 / 300, burst: 5 };

/** Wrong codes and keys, of all processes together. */
export class Misses {
  private readonly buckets: SharedLimit;

  constructor(context: SharedLimitContext) {
    this.buckets = new SharedLimit('factor-miss', rate, context);
  }

  /** @throws ControlError `rate_limited` after too many. */
  async check(userId: string): Promise<void> {
    const retryAfterMs = await this.buckets.wait(userId);
    if (retryAfterMs === 0) return;
    throw new ControlError('rate_limited', 'Too many wrong codes.', { retryAfterMs });
  }

  async count(userId: string): Promise<void> {
    await this.buckets.take(userId);
  }
}
