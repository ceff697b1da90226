import type { Clock } from '../clock.js';
import { hashSecret } from '../ids.js';
import { type BucketRate, BucketTable } from '../token-bucket.js';
import type { Bus } from './bus.js';

export interface SharedBucketsContext {
  bus: Bus;
  clock: Clock;
}

/**
 * One bucket per key (an account, an address), which all processes on one bus share: for limits that
 * guard secrets. Each process counts what it let through as well. So while the bus is away, or has
 * forgotten, the limit holds for each process, and nobody is refused for it.
 */
export class SharedBuckets {
  private readonly own: BucketTable;

  /** @param name of the limit, on the bus. */
  constructor(
    private readonly name: string,
    private readonly rate: BucketRate,
    private readonly context: SharedBucketsContext,
  ) {
    this.own = new BucketTable(rate, context.clock);
  }

  /** Takes one token. Returns 0, or the milliseconds until there is one. */
  async take(key: string): Promise<number> {
    const hash = hashOf(key);
    const waitMs = this.own.of(hash).wait() || (await this.together('take', hash));
    return waitMs || this.own.of(hash).take();
  }

  /** Milliseconds until a token is there, 0 when one is; takes nothing. */
  async wait(key: string): Promise<number> {
    const hash = hashOf(key);
    return this.own.of(hash).wait() || (await this.together('wait', hash));
  }

  private async together(act: 'take' | 'wait', hash: string): Promise<number> {
    const { bus } = this.context;
    if (!bus.isShared) return 0;
    return bus[act](`limit:${this.name} ${hash}`, this.rate).catch(() => 0);
  }
}

/** Of one length, and no address or account lies open on the bus. */
function hashOf(key: string): string {
  return hashSecret(key).toString('base64url');
}
