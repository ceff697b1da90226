/** The lowest of the delays of the last ten seconds or so. */
const BINS = 20;

export class LowestDelay {
  #bins: number[] = [];
  #current = Number.POSITIVE_INFINITY;

  add(delayUs: number): void {
    if (delayUs < this.#current) this.#current = delayUs;
  }

  /** A bin is over. */
  next(): void {
    if (this.#current === Number.POSITIVE_INFINITY) return;
    this.#bins.push(this.#current);
    if (this.#bins.length > BINS) this.#bins.shift();
    this.#current = Number.POSITIVE_INFINITY;
  }

  /** What they are measured from has moved. */
  shift(us: number): void {
    this.#bins = this.#bins.map((delayUs) => delayUs + us);
    this.#current += us;
  }

  clear(): void {
    this.#bins = [];
    this.#current = Number.POSITIVE_INFINITY;
  }

  /** Null: nothing was measured. */
  get lowest(): number | null {
    const lowest = Math.min(this.#current, ...this.#bins);
    return lowest === Number.POSITIVE_INFINITY ? null : lowest;
  }
}
