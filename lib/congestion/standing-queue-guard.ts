/**
 * The guard against a queue that stands (§1.13): its delay has no gradient, so the detector sees
 * nothing, and what it loses, if anything, may lie where the loss controller holds.
 */
import type { OneWayDelay } from './one-way-delay.js';

const QUEUE_US = 70_000;
const DRAINED_US = 50_000;
/**
 * A queue too short for that limit: more than the loss below which v0 still grows, in a queue that
 * stands at more than this share of the longest ever seen.
 */
const HELD_LOSS = 0.02;
const FULL_SHARE = 0.6;
const SHALLOW_US = 20_000;
const DRAINED_SHARE = 0.4;
const MIN_SPAN_US = 700_000;
const INTERVAL_US = 1_000_000;
/**
 * What three decreases, to 0.61, do not drain is not ours: the way has become longer, or others keep
 * the queue full. Then it counts as the way, and for as long as a baseline lives there is peace.
 */
const MAX_IN_A_ROW = 3;
const REST_US = 40_000_000;

export class StandingQueueGuard {
  #restUntilUs = Number.NEGATIVE_INFINITY;
  #inARow = 0;
  #longestUs = 0;

  /** After each feedback: whether the estimate must fall although the detector is content. */
  isDue(delay: OneWayDelay, isNormal: boolean, nowUs: number): boolean {
    const { queueUs } = delay;
    this.#longestUs = Math.max(this.#longestUs, delay.latestQueueUs);
    if (queueUs < Math.min(DRAINED_US, DRAINED_SHARE * this.#longestUs)) this.#inARow = 0;
    if (!this.#isFull(delay) || delay.spanUs <= MIN_SPAN_US) return false;
    if (!isNormal || nowUs < this.#restUntilUs) return false;
    const isInVain = this.#inARow === MAX_IN_A_ROW;
    if (isInVain) delay.rebase();
    this.#inARow = isInVain ? 0 : this.#inARow + 1;
    this.#restUntilUs = nowUs + (isInVain ? REST_US : INTERVAL_US);
    return !isInVain;
  }

  #isFull({ queueUs, loss }: OneWayDelay): boolean {
    if (queueUs > QUEUE_US) return true;
    return loss > HELD_LOSS && queueUs > Math.max(SHALLOW_US, FULL_SHARE * this.#longestUs);
  }
}
