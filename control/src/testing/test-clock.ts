import type { Clock } from '../clock.js';

interface Waiting {
  at: number;
  task: () => void;
}

/** A clock that stands still until the test moves it. */
export class TestClock implements Clock {
  private readonly waiting = new Set<Waiting>();
  private elapsed = 0;

  constructor(private readonly startedAt = Date.now()) {}

  now(): number {
    return this.startedAt + this.elapsed;
  }

  monotonic(): number {
    return this.elapsed;
  }

  after(delayMs: number, task: () => void): () => void {
    const entry = { at: this.elapsed + delayMs, task };
    this.waiting.add(entry);
    return () => this.waiting.delete(entry);
  }

  /** Moves on and runs what falls due, in its order. */
  advance(milliseconds: number): void {
    const until = this.elapsed + milliseconds;
    for (;;) {
      const due = [...this.waiting].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.waiting.delete(due);
      this.elapsed = Math.max(this.elapsed, due.at);
      due.task();
    }
    this.elapsed = until;
  }
}
