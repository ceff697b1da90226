import type { Clock } from '../clock.js';
import { hashSecret } from '../ids.js';
import {
  type BucketRate,
  BucketTable,
  type Limiter,
  LimitTable,
  SlidingWindow,
  type WindowLimit,
} from '../token-bucket.js';
import type { Bus } from './bus.js';

export interface SharedLimitContext {
  bus: Bus;
  clock: Clock;
}

/**
 * One window, or bucket, per key (an account, an address), which all processes on one bus share: for limits that
 * guard secrets. Each process counts what it let through as well. So while the bus is away, or has
 * forgotten, the limit holds for each process, and nobody is refused for it.
 */
export class SharedLimit {
  private readonly own: LimitTable<Limiter>;

  /** @param name of the limit, on the bus. */
  constructor(
    private readonly name: string,
    private readonly limit: BucketRate | WindowLimit,
    private readonly context: SharedLimitContext,
  ) {
    const { clock } = context;
    this.own =
      'windowMs' in limit
        ? new LimitTable(() => new SlidingWindow(limit, clock))
        : new BucketTable(limit, clock);
  }

  /** Takes one. Returns 0, or the milliseconds until there is one. */
  async take(key: string): Promise<number> {
    const hash = hashOf(key);
    const waitMs = this.own.of(hash).wait() || (await this.together('take', hash));
    return waitMs || this.own.of(hash).take();
  }

  /** Milliseconds until there is one, 0 when there is; takes nothing. */
  async wait(key: string): Promise<number> {
    const hash = hashOf(key);
    return this.own.of(hash).wait() || (await this.together('wait', hash));
  }

  private async together(act: 'take' | 'wait', hash: string): Promise<number> {
    const { limit, context } = this;
    const { bus } = context;
    if (!bus.isShared) return 0;
    const key = `limit:${this.name} ${hash}`;
    const asked = 'windowMs' in limit ? bus[`${act}Within`](key, limit) : bus[act](key, limit);
    return asked.catch(() => 0);
  }
}

/** Of one length, and no address or account lies open on the bus. */
function hashOf(key: string): string {
  return hashSecret(key).toString('base64url');
}
