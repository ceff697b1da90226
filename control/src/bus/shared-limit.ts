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

  /**
   * Takes one. Returns 0, or the milliseconds until there is one. This process has counted it when
   * the call returns, before the promise resolves.
   */
  async take(key: string): Promise<number> {
    const hash = hashOf(key);
    const own = this.own.of(hash);
    const ownMs = own.take();
    if (ownMs > 0) return ownMs;
    const waitMs = await this.together('take', hash);
    if (waitMs > 0) own.giveBack();
    return waitMs;
  }

  /** Milliseconds until there is one, 0 when there is; takes nothing. */
  async wait(key: string): Promise<number> {
    const hash = hashOf(key);
    return this.own.of(hash).wait() || (await this.together('wait', hash));
  }

  /** As `wait`, by what this process has let through: at once. */
  waitHere(key: string): number {
    return this.own.of(hashOf(key)).wait();
  }

  /** As if none had ever been taken of it. While the bus is away: as if none in this process. */
  async forget(key: string): Promise<void> {
    const hash = hashOf(key);
    this.own.delete(hash);
    const { bus } = this.context;
    if (bus.isShared) await bus.delete(this.nameOf(hash)).catch(() => {});
  }

  private async together(act: 'take' | 'wait', hash: string): Promise<number> {
    const { limit, context } = this;
    const { bus } = context;
    if (!bus.isShared) return 0;
    const key = this.nameOf(hash);
    const asked = 'windowMs' in limit ? bus[`${act}Within`](key, limit) : bus[act](key, limit);
    return asked.catch(() => 0);
  }

  private nameOf(hash: string): string {
    return `limit:${this.name} ${hash}`;
  }
}

/** Of one length, and no address or account lies open on the bus. */
function hashOf(key: string): string {
  return hashSecret(key).toString('base64url');
}
