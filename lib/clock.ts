/** Time as the objects of a node see it, so that tests can hold it. */

export interface NodeClock {
  /** Milliseconds; never goes back; its zero means nothing. */
  now(): number;
  /** Calls back once, not before `ms` have passed. Returns what calls it off. */
  after(ms: number, callback: () => void): () => void;
}

/** The time of the machine since its start: on Linux the clock that the media threads read too. */
export const machineClock: NodeClock = {
  now: () => Number(process.hrtime.bigint() / 1000n) / 1000,
  after(ms, callback) {
    // What only waits here keeps no process alive.
    const timer = setTimeout(callback, ms).unref();
    return () => clearTimeout(timer);
  },
};

/**
 * The engine's clock as far as it can be told from outside: its events carry their time. Before the
 * first of them it is taken for the machine's, which the real engine reads.
 */
export class EngineClock {
  readonly #clock: NodeClock;
  /** Nothing has to be learned: both are one. */
  readonly #isSame: boolean;
  #aheadUs: number | null = null;

  constructor(clock: NodeClock, isSame = false) {
    this.#clock = clock;
    this.#isSame = isSame;
  }

  get nowUs(): number {
    return 1000 * this.#clock.now() + (this.#aheadUs ?? 0);
  }

  /** An event says when it happened; it cannot lie in the future. */
  learn(atUs: number): void {
    if (this.#isSame) return;
    const aheadUs = atUs - 1000 * this.#clock.now();
    this.#aheadUs = Math.max(this.#aheadUs ?? aheadUs, aheadUs);
  }
}

/** Finer than this nothing here needs to be. */
const STEP_MS = 25;

/**
 * One timer for all that wait on a node, running only while somebody does. Whoever is due together
 * within 25 ms is called together.
 */
export class SharedTimer {
  readonly #clock: NodeClock;
  readonly #due = new Map<() => void, number>();
  #cancel = () => {};
  #nextMs = Number.POSITIVE_INFINITY;

  constructor(clock: NodeClock) {
    this.#clock = clock;
  }

  /** When to call next, in the clock's milliseconds; infinite: not at all. */
  set(callback: () => void, atMs: number): void {
    if (atMs === Number.POSITIVE_INFINITY) this.#due.delete(callback);
    else this.#due.set(callback, atMs);
    if (atMs < this.#nextMs) this.#arm(atMs);
  }

  #arm(atMs: number): void {
    this.#cancel();
    this.#nextMs = atMs;
    const waitMs = Math.max(0, atMs - this.#clock.now());
    const steps = Math.ceil(waitMs / STEP_MS);
    this.#cancel = this.#clock.after(STEP_MS * steps, () => this.#run());
  }

  #run(): void {
    const now = this.#clock.now();
    this.#nextMs = Number.POSITIVE_INFINITY;
    for (const [callback, atMs] of [...this.#due]) {
      if (atMs > now) continue;
      this.#due.delete(callback);
      callback();
    }
    const next = Math.min(...this.#due.values());
    if (next < this.#nextMs) this.#arm(next);
  }
}
