/**
 * The target under all limits at once (§1.0 step 9, §1.7): loss controller, delay-based estimate,
 * REMB, configured bounds, and the back-off when feedback stays out.
 */
import type { CongestionConfig } from './config.js';
import type { LossContext, LossController, LossObservation } from './loss-controller.js';
import { LossV0 } from './loss-v0.js';
import { LossV2 } from './loss-v2.js';

const BACK_OFF_INTERVAL_US = 1_000_000;
const BACK_OFF = 0.8;
const FLOOR_BPS = 5000;

/** Which limit holds the target. */
export type TargetReason =
  | 'start'
  | 'delay'
  | 'loss'
  | 'remote'
  | 'maximum'
  | 'minimum'
  | 'silence';

export type TargetContext = Omit<LossContext, 'targetBps' | 'delayBps' | 'remoteBps' | 'maxBps'>;

export class TargetRate {
  readonly loss: LossController;
  bps: number;
  reason: TargetReason = 'start';
  maxBps: number;
  /** The delay-based estimate, once there is one. */
  delayBps: number | undefined;
  /** REMB, once there is one. */
  remoteBps: number | undefined;

  readonly #config: CongestionConfig;
  #backedOffUs = Number.NEGATIVE_INFINITY;

  constructor(config: CongestionConfig) {
    this.#config = config;
    this.loss = config.lossControl === 'v2' ? new LossV2() : new LossV0();
    this.bps = config.startBps;
    this.maxBps = config.maxBps;
  }

  /** A probe has found `bps`: the target goes there directly. */
  jumpTo(bps: number): void {
    this.delayBps = bps;
    this.loss.handleProbeResult();
    this.#set(bps, 'delay');
  }

  handleObservation(observation: LossObservation, context: TargetContext): void {
    this.loss.handleObservation(observation, this.#lossContext(context));
  }

  update(context: TargetContext): void {
    this.#set(this.loss.nextTarget(this.#lossContext(context)), 'loss');
  }

  /** Instead of `update` while packets go unanswered; whether it was time for a step. */
  backOff(nowUs: number): boolean {
    if (nowUs - this.#backedOffUs < BACK_OFF_INTERVAL_US || this.bps <= FLOOR_BPS) return false;
    this.#backedOffUs = nowUs;
    this.#set(Math.max(BACK_OFF * this.bps, FLOOR_BPS), 'silence');
    return true;
  }

  #lossContext(context: TargetContext): LossContext {
    return {
      ...context,
      targetBps: this.bps,
      delayBps: this.delayBps,
      remoteBps: this.remoteBps,
      maxBps: this.maxBps,
    };
  }

  #set(wantedBps: number, wantedReason: TargetReason): void {
    let [bps, reason] = [wantedBps, wantedReason];
    const limit = (upperBps: number | undefined, name: TargetReason) => {
      if (upperBps !== undefined && upperBps <= bps) [bps, reason] = [upperBps, name];
    };
    limit(this.delayBps, 'delay');
    limit(this.remoteBps, 'remote');
    if (this.delayBps === undefined && this.remoteBps === undefined) {
      limit(this.#config.startBps, 'start');
    }
    limit(this.maxBps, 'maximum');
    const minBps = Math.max(this.#config.minBps, FLOOR_BPS);
    if (bps < minBps) [bps, reason] = [minBps, 'minimum'];
    this.bps = bps;
    this.reason = reason;
  }
}
