/** What the link carried whenever it was over-used, and how much that varies (§1.5 linkCap). */

const ALPHA = 0.05;
const MIN_DEVIATION = 0.4;
const MAX_DEVIATION = 2.5;

export class LinkCapacity {
  #kbps: number | undefined;
  #deviation = MIN_DEVIATION;

  get estimateBps(): number | undefined {
    return this.#kbps === undefined ? undefined : 1000 * this.#kbps;
  }

  get upperBps(): number {
    return this.#kbps === undefined ? Number.POSITIVE_INFINITY : 1000 * (this.#kbps + this.#margin);
  }

  get lowerBps(): number {
    return this.#kbps === undefined ? 0 : Math.max(0, 1000 * (this.#kbps - this.#margin));
  }

  /** The throughput at an over-use. */
  add(bps: number): void {
    const sample = bps / 1000;
    this.#kbps = this.#kbps === undefined ? sample : (1 - ALPHA) * this.#kbps + ALPHA * sample;
    const error = this.#kbps - sample;
    const normalised = (error * error) / Math.max(this.#kbps, 1);
    const deviation = (1 - ALPHA) * this.#deviation + ALPHA * normalised;
    this.#deviation = Math.min(Math.max(deviation, MIN_DEVIATION), MAX_DEVIATION);
  }

  reset(): void {
    this.#kbps = undefined;
  }

  get #margin(): number {
    return 3 * Math.sqrt(this.#deviation * (this.#kbps ?? 0));
  }
}
