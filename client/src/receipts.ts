/** Counts the numbered events of the server and says when they are to be acknowledged (api §4). */
import { acknowledgeEveryEvents, acknowledgeEveryMs } from './retry.js';
import type { Timers } from './timers.js';

export class Receipts {
  private last = 0;
  private acknowledged = 0;
  private cancel = () => {};

  constructor(
    private readonly timers: Timers,
    /** Time to send something: any message carries the acknowledgement. */
    private readonly due: () => void,
  ) {}

  get lastSeq(): number {
    return this.last;
  }

  /** A seat taken anew: the numbering goes on from here. */
  restart(seq: number): void {
    this.last = seq;
    this.acknowledged = seq;
  }

  /** False for an event that was received before. */
  count(seq: number): boolean {
    if (seq <= this.last) return false;
    this.last = seq;
    if (seq - this.acknowledged >= acknowledgeEveryEvents) this.remind();
    else if (seq - this.acknowledged === 1) {
      this.cancel = this.timers.after(acknowledgeEveryMs, () => this.remind());
    }
    return true;
  }

  /** What the next message acknowledges; undefined: nothing new. */
  take(): number | undefined {
    if (this.last <= this.acknowledged) return undefined;
    this.acknowledged = this.last;
    this.stop();
    return this.last;
  }

  stop(): void {
    this.cancel();
  }

  private remind(): void {
    if (this.last > this.acknowledged) this.due();
  }
}
