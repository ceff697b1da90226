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

  /**
   * Counts one that is about to be tried, before it is looked at: of many at once no more are looked
   * at than one may. @throws ControlError `rate_limited` after too many.
   */
  async take(userId: string): Promise<void> {
    const retryAfterMs = await this.buckets.take(userId);
    if (retryAfterMs === 0) return;
    throw new ControlError('rate_limited', 'Too many wrong codes.', { retryAfterMs });
  }

  /** It was right: who knows the right ones does not guess. */
  forget(userId: string): Promise<void> {
    return this.buckets.forget(userId);
  }
}
