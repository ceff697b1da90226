/**
 * Application limited region (§1.10; libwebrtc alr_detector): a budget of 65 % of the target that
 * what is sent draws from; when it stays nearly full, the sender does not use what it could.
 */

const WINDOW_US = 500_000;
const USAGE = 0.65;
const START_RATIO = 0.8;
const STOP_RATIO = 0.5;

export class AlrDetector {
  /** Since when the sender is application limited. */
  startUs: number | undefined;

  #bps: number;
  #budgetBytes = 0;
  #sentUs: number | undefined;

  constructor(targetBps: number) {
    this.#bps = USAGE * targetBps;
  }

  setTarget(targetBps: number): void {
    this.#bps = USAGE * targetBps;
    this.#setBudget(this.#budgetBytes);
  }

  /** Everything sent counts, retransmissions, padding and probes too. */
  handleSent(bytes: number, atUs: number): void {
    const previous = this.#sentUs;
    this.#sentUs = atUs;
    if (previous === undefined) return;
    this.#setBudget(this.#budgetBytes - bytes);
    this.#setBudget(this.#budgetBytes + (this.#bps * (atUs - previous)) / 8e6);
    const ratio = this.#budgetBytes / this.#maxBytes;
    if (this.startUs === undefined && ratio > START_RATIO) this.startUs = atUs;
    else if (this.startUs !== undefined && ratio < STOP_RATIO) this.startUs = undefined;
  }

  get #maxBytes(): number {
    return (this.#bps * WINDOW_US) / 8e6;
  }

  #setBudget(bytes: number): void {
    const max = this.#maxBytes;
    this.#budgetBytes = Math.min(Math.max(bytes, -max), max);
  }
}
