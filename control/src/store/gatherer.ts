import { type Clock, systemClock } from '../clock.js';
import { isUnreachable } from './database.js';

export interface GatherLimits {
  /** Works at once: with more an item waits less for those before it, and fewer share a work. */
  atOnce: number;
  /** Items of one work: what comes beyond waits for the next. */
  most: number;
}

/** So many items in one work are a crowd: the next work begins so long after it, or with enough items. */
const crowd = 4;
const apartMs = 8;
const enough = 16;

interface Waiting<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/**
 * Lets what is asked at about the same time share one statement or transaction: while one runs, the
 * items for the next gather. Alone an item waits for nobody; of a crowd each waits some milliseconds
 * for more, as a database that is always asked at once does more work for fewer each time. An item
 * whose work fails is worked on alone, so that no item suffers from another.
 */
export class Gatherer<Item, Result> {
  private readonly waiting: Waiting<Item, Result>[] = [];
  private running = 0;
  private isCalled = false;
  /** No work begins before, unless there are enough; by the clock's monotonic time. */
  private restsUntil = 0;
  private endRest: (() => void) | null = null;

  /** @param work gives a result for each item, in their order, or fails without an effect. */
  constructor(
    private readonly work: (items: readonly Item[]) => Promise<Result[]>,
    private readonly limits: GatherLimits = { atOnce: 1, most: 100 },
    private readonly clock: Clock = systemClock,
  ) {}

  /** @throws what the work of this item alone throws. */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      this.call();
    });
  }

  /** Once for all that one turn of the event loop reads from its sockets. */
  private call(): void {
    if (this.isCalled || this.rests()) return;
    this.isCalled = true;
    setImmediate(() => {
      this.isCalled = false;
      while (this.waiting.length > 0 && this.running < this.limits.atOnce) void this.run();
    });
  }

  private rests(): boolean {
    const restMs = this.restsUntil - this.clock.monotonic();
    if (restMs > 0 && this.waiting.length < enough) {
      this.endRest ??= this.clock.after(restMs, () => {
        this.endRest = null;
        this.restsUntil = 0;
        this.call();
      });
      return true;
    }
    this.endRest?.();
    this.endRest = null;
    return false;
  }

  private async run(): Promise<void> {
    const batch = this.waiting.splice(0, this.limits.most);
    this.running += 1;
    if (batch.length >= crowd) this.restsUntil = this.clock.monotonic() + apartMs;
    try {
      await this.settle(batch);
    } finally {
      this.running -= 1;
      if (this.waiting.length > 0) this.call();
    }
  }

  private async settle(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.work(batch.map(({ item }) => item));
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Result);
    } catch (error) {
      if (batch.length === 1 || isUnreachable(error)) {
        for (const { reject } of batch) reject(error);
      } else {
        for (const one of batch) await this.settle([one]);
      }
    }
  }
}
