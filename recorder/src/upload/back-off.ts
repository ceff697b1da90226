import type { RecorderClock } from '../clock.js';

const FIRST_MS = 500;
const MOST_MS = 15_000;

/** Waits longer after each failure in a row, and never two as long: a store that is back is not run over. */
export class BackOff {
  readonly #clock: RecorderClock;
  #waitMs = FIRST_MS;
  #callOff = () => {};

  constructor(clock: RecorderClock) {
    this.#clock = clock;
  }

  succeeded(): void {
    this.#waitMs = FIRST_MS;
  }

  async wait(): Promise<void> {
    const waitMs = this.#waitMs * (0.5 + Math.random());
    this.#waitMs = Math.min(MOST_MS, this.#waitMs * 2);
    await new Promise<void>((resolve) => {
      const stop = this.#clock.after(waitMs, resolve);
      this.#callOff = () => {
        stop();
        resolve();
      };
    });
  }

  /** Ends a wait. */
  cut(): void {
    this.#callOff();
  }
}
