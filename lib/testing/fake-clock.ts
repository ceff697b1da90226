import type { NodeClock } from '../clock.js';

/** Time that passes only when a test says so. */
export class FakeClock implements NodeClock {
  #nowMs = 1000;
  #waiting: { atMs: number; callback: () => void }[] = [];

  now(): number {
    return this.#nowMs;
  }

  /** Callbacks that wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  after(ms: number, callback: () => void): () => void {
    const entry = { atMs: this.#nowMs + ms, callback };
    this.#waiting.push(entry);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== entry);
    };
  }

  /** Runs everything that falls due, in order; between two callbacks microtasks come through. */
  async pass(ms: number): Promise<void> {
    const end = this.#nowMs + ms;
    for (let next = this.#take(end); next; next = this.#take(end)) {
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.callback();
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    }
    this.#nowMs = end;
  }

  #take(endMs: number) {
    const [next] = this.#waiting
      .filter(({ atMs }) => atMs <= endMs)
      .sort((a, b) => a.atMs - b.atMs);
    this.#waiting = this.#waiting.filter((other) => other !== next);
    return next;
  }
}
