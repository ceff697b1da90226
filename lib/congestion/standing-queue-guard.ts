/**
 * The guard against a queue that stays full (§1.13): its delay has no gradient, so the detector sees
 * nothing, and its loss may lie where the loss controller holds.
 */
import type { OneWayDelay } from './one-way-delay.js';

const QUEUE_US = 120_000;
const DRAINED_US = 50_000;
const MIN_LOSS = 0.005;
const MIN_SPAN_US = 700_000;
const INTERVAL_US = 1_000_000;
const MAX_IN_A_ROW = 3;

export class StandingQueueGuard {
  #firedUs = Number.NEGATIVE_INFINITY;
  #inARow = 0;

  /** After each feedback: whether the estimate must fall although the detector is content. */
  isDue(delay: OneWayDelay, isNormal: boolean, nowUs: number): boolean {
    const { queueUs } = delay;
    if (queueUs < DRAINED_US) this.#inARow = 0;
    if (queueUs <= QUEUE_US || delay.loss <= MIN_LOSS || delay.spanUs <= MIN_SPAN_US) return false;
    if (!isNormal || nowUs - this.#firedUs <= INTERVAL_US) return false;
    if (this.#inARow >= MAX_IN_A_ROW) return false;
    this.#firedUs = nowUs;
    this.#inARow += 1;
    return true;
  }
}
