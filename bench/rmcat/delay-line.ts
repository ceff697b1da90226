/** Holds datagrams back until their time, in the order in which they came. */

/** Timers know milliseconds: what is due within half of one goes now. */
const EARLY_US = 500;

/** Microseconds of the clock that all processes of this machine share. */
export function nowUs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return 1e6 * seconds + nanoseconds / 1000;
}

export class DelayLine {
  readonly #waiting: { dueUs: number; send: () => void }[] = [];
  #isArmed = false;

  /** `dueUs` never falls. */
  push(dueUs: number, send: () => void): void {
    this.#waiting.push({ dueUs, send });
    this.#arm();
  }

  #arm(): void {
    const next = this.#waiting[0];
    if (!next || this.#isArmed) return;
    this.#isArmed = true;
    const waitMs = Math.max(0, Math.round((next.dueUs - nowUs()) / 1000));
    setTimeout(() => this.#release(), waitMs);
  }

  #release(): void {
    this.#isArmed = false;
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      if (next.dueUs > nowUs() + EARLY_US) break;
      this.#waiting.shift();
      next.send();
    }
    this.#arm();
  }
}
