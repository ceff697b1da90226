import { type Clock, systemClock } from '../clock.js';

interface Waiting {
  since: number;
  giveUp: () => void;
}

/**
 * Gives up what is not answered in time. One timer for all that wait: thousands begin in a second, and
 * nearly all are answered long before.
 */
export class Deadlines {
  /** The oldest first. */
  private readonly waiting = new Set<Waiting>();
  private stopWatching: (() => void) | null = null;

  /** @param withinMs null: there is no hurry. */
  constructor(
    private readonly withinMs: number | null,
    private readonly clock: Clock = systemClock,
  ) {}

  /** @returns to be called once it was answered. */
  begin(giveUp: () => void): () => void {
    if (this.withinMs === null) return () => {};
    const one = { since: this.clock.monotonic(), giveUp };
    this.waiting.add(one);
    this.watch(this.withinMs, one.since);
    return () => this.waiting.delete(one);
  }

  /** Gives up nothing any more. */
  close(): void {
    this.stopWatching?.();
    this.waiting.clear();
  }

  private watch(withinMs: number, since: number): void {
    this.stopWatching ??= this.clock.after(since + withinMs - this.clock.monotonic(), () => {
      this.stopWatching = null;
      for (const one of this.waiting) {
        if (this.clock.monotonic() - one.since < withinMs) {
          this.watch(withinMs, one.since);
          return;
        }
        this.waiting.delete(one);
        one.giveUp();
      }
    });
  }
}
