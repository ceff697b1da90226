/**
 * After a silence media is later than usual. Either it was held up, and comes faster than it was captured until
 * it has caught up; or its timestamps stood still, and it stays as late as it is. Half a second tells.
 */
const DECIDES_US = 500_000;
/** What was held up makes good so much of its lateness in that time; a retransmission alone makes less. */
const CATCHING_UP = 0.3;
const NOTABLE_US = 250_000;

export class Doubt {
  readonly #sinceUs: number;
  readonly #firstUs: number;
  #lowestUs: number;

  constructor(arrivedUs: number, delayUs: number) {
    this.#sinceUs = arrivedUs;
    this.#firstUs = delayUs;
    this.#lowestUs = delayUs;
  }

  add(delayUs: number): void {
    this.#lowestUs = Math.min(this.#lowestUs, delayUs);
  }

  /** By how much the line is to be moved; null: it is too early to say. */
  decide(nowUs: number, usualUs: number): number | null {
    if (nowUs - this.#sinceUs < DECIDES_US) return null;
    const moreUs = this.#lowestUs - usualUs;
    const isCatchingUp = this.#firstUs - this.#lowestUs > CATCHING_UP * (this.#firstUs - usualUs);
    return moreUs > NOTABLE_US && !isCatchingUp ? moreUs : 0;
  }
}
