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
  readonly probedUs: number;
  readonly nowUs: number;
}

const MIN_LACK = 1.02;
const WANT_SCALE = 1.2;
const MIN_SCALE = 1.1;
const MAX_SCALE = 2;
const FREE_SCALE = 1.5;
const MAX_QUEUE_US = 30_000;
const INTERVAL_US = 5_000_000;
const BACK_OFF = 1.5;
const MAX_BACK_OFF = 6;
const SUCCESS = 1.15;

export class DeficiencyProber {
  demand: Demand = { wantBps: 0, isStepped: false };

  #backOff = 1;
  #probedAtBps = Number.POSITIVE_INFINITY;

  /** The rate to probe at now, if any. `accept` must follow when the probe was sent. */
  rateBps(context: DeficiencyContext): number | undefined {
    const { estimateBps, probedUs, nowUs } = context;
    if (estimateBps > SUCCESS * this.#probedAtBps) this.#backOff = 1;
    const { wantBps, isStepped } = this.demand;
    if (wantBps <= MIN_LACK * estimateBps || !context.isNormal) return undefined;
    if (context.queueUs >= MAX_QUEUE_US) return undefined;
    if (nowUs - probedUs <= INTERVAL_US * this.#backOff) return undefined;
    const wanted = WANT_SCALE * wantBps;
    if (!isStepped) return Math.min(FREE_SCALE * estimateBps, wanted);
    return Math.min(Math.max(wanted, MIN_SCALE * estimateBps), MAX_SCALE * estimateBps);
  }

  accept(estimateBps: number): void {
    this.#backOff = Math.min(BACK_OFF * this.#backOff, MAX_BACK_OFF);
    this.#probedAtBps = estimateBps;
  }
}
