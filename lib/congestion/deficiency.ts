/**
 * Deficiency probing (§1.12, R1.15): whether there is room for the next useful step must be asked,
 * since a forwarder can neither raise its rate nor is it always application limited.
 */

/** What the subscriber lacks. */
export interface Demand {
  /** The rate that the next useful allocation step needs; 0: nothing is missing. */
  readonly wantBps: number;
  /** Whether the rate moves in steps (layers) or freely (an encoder that follows the target). */
  readonly isStepped: boolean;
}

export interface DeficiencyContext {
  readonly estimateBps: number;
  readonly queueUs: number;
  readonly isNormal: boolean;
  /** What reaches the subscriber. */
  readonly throughputBps: number;
  /** What is asked of a probe of a rate. */
  readonly bitsOf: (rateBps: number) => number;
  readonly probedUs: number;
  readonly nowUs: number;
}

const WANT_SCALE = 1.2;
const MIN_SCALE = 1.1;
const MAX_SCALE = 2;
const FREE_SCALE = 1.5;
const MAX_QUEUE_US = 30_000;
const INTERVAL_US = 5_000_000;
/** A probe that brought the rate it asked for has not met the link's end: the next may come soon. */
const FULL_SHARE = 0.9;
const AFTER_FULL = 0.2;
/** One that brought this much more than was reached since the one before it was worth it. */
const SUCCESS = 1.15;
const BACK_OFF = 1.5;
const MAX_BACK_OFF = 6;
/** A probe of which less than this share of what arrived since the one before is asked need not wait. */
const COST_SHARE = 0.004;
const MIN_COST_BPS = 1000;

export class DeficiencyProber {
  demand: Demand = { wantBps: 0, isStepped: false };

  #backOff = 1;
  /** Whether anything was heard of the last probe. */
  #isAnswered = true;
  #probedBps = Number.POSITIVE_INFINITY;
  /** The highest estimate since the last probe, and from the one before until that. */
  #reachedBps = 0;
  #beforeBps = Number.POSITIVE_INFINITY;

  /** The rate to probe at now, if any. `accept` must follow when the probe was sent. */
  rateBps(context: DeficiencyContext): number | undefined {
    const { estimateBps } = context;
    this.#reachedBps = Math.max(this.#reachedBps, estimateBps);
    if (estimateBps >= FULL_SHARE * this.#probedBps) this.#backOff = AFTER_FULL;
    else if (estimateBps > SUCCESS * this.#beforeBps) this.#backOff = Math.min(this.#backOff, 1);
    const { wantBps, isStepped } = this.demand;
    if (wantBps <= estimateBps || !context.isNormal) return undefined;
    if (context.queueUs >= MAX_QUEUE_US) return undefined;
    const wanted = WANT_SCALE * wantBps;
    const rateBps = isStepped
      ? Math.min(Math.max(wanted, MIN_SCALE * estimateBps), MAX_SCALE * estimateBps)
      : Math.min(FREE_SCALE * estimateBps, wanted);
    return this.#isDue(rateBps, context) ? rateBps : undefined;
  }

  #isDue(rateBps: number, context: DeficiencyContext): boolean {
    const backOff = this.#isAnswered ? this.#backOff : Math.min(this.#backOff, 1);
    const costBps = Math.max(COST_SHARE * context.throughputBps, MIN_COST_BPS);
    const cheapUs = Math.max(INTERVAL_US, (1e6 * context.bitsOf(rateBps)) / costBps);
    return context.nowUs - context.probedUs > Math.min(INTERVAL_US * backOff, cheapUs);
  }

  accept(rateBps: number): void {
    if (this.#isAnswered) {
      this.#backOff = this.#backOff < 1 ? 1 : Math.min(BACK_OFF * this.#backOff, MAX_BACK_OFF);
    }
    this.#isAnswered = false;
    this.#probedBps = rateBps;
    this.#beforeBps = this.#reachedBps;
    this.#reachedBps = 0;
  }

  /** The link carries more than before: what failed then may fit now. */
  handleOutgrown(): void {
    this.#backOff = AFTER_FULL;
  }

  /** A probe brought a result, or was lost: the link has spoken. */
  handleAnswer(): void {
    this.#isAnswered = true;
  }
}
