/** Round trips as the feedback shows them (§1.0 step 2) and the back-off when it stays out (§1.7). */
import type { FeedbackBatch } from './feedback-batch.js';

const WINDOW = 32;
const BACK_OFF_LIMIT_US = 3_000_000;

export class RoundTrip {
  /** The smallest of the newest feedback, without what the packet waited for its feedback. */
  propagationUs: number | undefined;

  readonly #longest: number[] = [];
  #updatedUs = 0;
  #lastSentUs = 0;

  /** `order`: the received packets of the batch, at least one. */
  handleFeedback(batch: FeedbackBatch, order: readonly number[]): void {
    const newestUs = batch.receivedUs[order.at(-1) as number] as number;
    let longest = Number.NEGATIVE_INFINITY;
    let shortest = Number.POSITIVE_INFINITY;
    for (const index of order) {
      const feedbackUs = batch.feedbackUs - (batch.sentUs[index] as number);
      const pendingUs = newestUs - (batch.receivedUs[index] as number);
      longest = Math.max(longest, feedbackUs);
      shortest = Math.min(shortest, feedbackUs - pendingUs);
    }
    this.#longest.push(longest);
    if (this.#longest.length > WINDOW) this.#longest.shift();
    this.propagationUs = shortest;
    this.#updatedUs = batch.feedbackUs;
  }

  handleSent(atUs: number): void {
    this.#lastSentUs = Math.max(this.#lastSentUs, atUs);
  }

  /** The round trip of a receiver report, for peers without transport-wide feedback. */
  handleReport(rttUs: number, nowUs: number): void {
    this.propagationUs = rttUs;
    this.#updatedUs = nowUs;
  }

  /** The mean of the longest ones, whole milliseconds: what AIMD reckons with. */
  get meanUs(): number | undefined {
    if (this.#longest.length === 0) return undefined;
    const sum = this.#longest.reduce((total, value) => total + value, 0);
    return 1000 * Math.floor(sum / this.#longest.length / 1000);
  }

  /** Whether packets have been sent for so long without an answer that the rate must fall. */
  get isTooLong(): boolean {
    if (this.propagationUs === undefined) return false;
    return this.propagationUs + this.#unansweredUs > BACK_OFF_LIMIT_US;
  }

  get #unansweredUs(): number {
    return Math.max(0, this.#lastSentUs - this.#updatedUs);
  }
}
