import type { Timers } from '../timers.js';

/** Time that moves only when told; calls come in the order of their moments. */
export class HandTimers implements Timers {
  private moment = 0;
  private readonly waiting = new Set<{ at: number; call: () => void }>();

  now = () => this.moment;

  after(ms: number, call: () => void): () => void {
    const entry = { at: this.moment + ms, call };
    this.waiting.add(entry);
    return () => this.waiting.delete(entry);
  }

  /** Time passes, but the program stands still: what falls due is late. */
  stall(ms: number): void {
    this.moment += ms;
  }

  advance(ms: number): void {
    const until = this.moment + ms;
    for (;;) {
      const due = [...this.waiting].filter(({ at }) => at <= until);
      const next = due.sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.waiting.delete(next);
      this.moment = Math.max(this.moment, next.at);
      next.call();
    }
    this.moment = until;
  }
}
