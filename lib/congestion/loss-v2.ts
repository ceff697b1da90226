/**
 * Loss control by maximum likelihood (§1.8; libwebrtc loss_based_bwe_v2), with the parameters of the
 * calibration: byte loss, window 15, hold factor 2, best candidate bound, throughput as lower bound.
 */
import type { LossContext, LossController, LossObservation, LossState } from './loss-controller.js';
import { LossModel, type LossParameters, type LossSample } from './loss-model.js';

const WINDOW = 15;
const MIN_OBSERVATIONS = 3;
const OBSERVATION_US = 250_000;
const SCALES = [1.02, 1, 0.95];
const RAMP_UP = 1.5;
const RAMP_UP_IN_HOLD = 1.2;
const HOLD_MARGIN = 1.3;
const HOLD_FACTOR = 2;
const FIRST_HOLD_US = 300_000;
const MAX_HOLD_US = 60_000_000;
const INCREASE_WINDOW_US = 300_000;
const INCREASE_SCALE = 1.3;
const FLOOR_KBPS = 5;
const NEVER = Number.NEGATIVE_INFINITY;
const UNLIMITED = Number.POSITIVE_INFINITY;

interface Hold {
  readonly untilUs: number;
  readonly durationUs: number;
  readonly kbps: number;
}

const NO_HOLD: Hold = { untilUs: NEVER, durationUs: FIRST_HOLD_US, kbps: UNLIMITED };

export class LossV2 implements LossController {
  state: LossState = 'delayBased';
  fraction = 0;

  readonly #model = new LossModel({ balanceKbps: 100, preferenceThreshold: 0.2 });
  readonly #samples: LossSample[] = [];
  #partial = { bytes: 0, lostBytes: 0 };
  #observations = 0;
  #lastSentUs: number | undefined;
  #best: LossParameters | undefined;
  #resultKbps = 0;
  #hold = NO_HOLD;
  #windowStartUs = NEVER;
  #windowLimitKbps = UNLIMITED;

  handleObservation(observation: LossObservation, context: LossContext): void {
    if (!this.#addSample(observation)) return;
    if (!this.#best) {
      if (context.delayBps === undefined) return;
      const bandwidthKbps = context.delayBps / 1000;
      this.#best = { inherentLoss: 0.01, bandwidthKbps };
      this.#resultKbps = bandwidthKbps;
    }
    this.fraction = this.#model.averageLoss(this.#samples);
    this.#estimate(this.#best, context);
  }

  nextTarget({ delayBps, targetBps }: LossContext): number {
    const isReady = this.#best !== undefined && this.#observations >= MIN_OBSERVATIONS;
    return isReady && this.#isLossLimited ? 1000 * this.#resultKbps : (delayBps ?? targetBps);
  }

  handleProbeResult(): void {}

  #addSample({ bytes, lostBytes, firstSentUs, lastSentUs }: LossObservation): boolean {
    this.#partial.bytes += bytes;
    this.#partial.lostBytes += lostBytes;
    this.#lastSentUs ??= firstSentUs;
    const duration = lastSentUs - this.#lastSentUs;
    if (duration < OBSERVATION_US) return false;
    this.#samples.push({
      kiloBytes: this.#partial.bytes / 1000,
      lostKiloBytes: Math.min(Math.max(this.#partial.lostBytes, 0), this.#partial.bytes) / 1000,
      rateKbps: (8000 * this.#partial.bytes) / duration,
    });
    if (this.#samples.length > WINDOW) this.#samples.shift();
    this.#partial = { bytes: 0, lostBytes: 0 };
    this.#observations += 1;
    this.#lastSentUs = lastSentUs;
    return true;
  }

  #estimate(previous: LossParameters, context: LossContext): void {
    const best = this.#bestCandidate(previous, context);
    if (this.fraction > best.inherentLoss && best.bandwidthKbps > previous.bandwidthKbps) {
      best.bandwidthKbps = previous.bandwidthKbps;
    }
    if (this.#isLossLimited) this.#limitIncrease(best, previous, context);
    const delay = (context.delayBps ?? UNLIMITED) / 1000;
    const upper = Math.min(this.#model.instantUpperKbps(this.fraction), delay);
    const lower = (context.throughputBps ?? 0) / 1000;
    const bounded = Math.max(lower, Math.min(best.bandwidthKbps, upper));
    if (bounded < best.bandwidthKbps) {
      // The delay says nothing of the inherent loss: forgotten, it would all look like congestion.
      const inherentLoss = upper === delay ? best.inherentLoss : 0;
      this.#best = { inherentLoss, bandwidthKbps: bounded };
    } else this.#best = best;
    this.#setResult(bounded, delay, context.maxBps / 1000);
    this.#moveWindow(this.#best.bandwidthKbps);
  }

  #bestCandidate(previous: LossParameters, context: LossContext): LossParameters {
    const limit =
      this.#isLossLimited && this.#windowStartUs !== NEVER
        ? this.#windowLimitKbps
        : context.maxBps / 1000;
    const upper = Math.max(previous.bandwidthKbps, limit);
    let best = { ...previous };
    let highest = NEVER;
    for (const bandwidth of candidates(previous.bandwidthKbps, context)) {
      const candidate = { ...previous, bandwidthKbps: Math.min(bandwidth, upper) };
      this.#model.fitLoss(candidate, this.#samples);
      const objective = this.#model.objective(candidate, this.#samples, this.fraction);
      if (objective <= highest) continue;
      highest = objective;
      best = candidate;
    }
    return best;
  }

  #limitIncrease(best: LossParameters, previous: LossParameters, context: LossContext): void {
    const isInWindow = (this.#lastSentUs ?? 0) < this.#windowStartUs + INCREASE_WINDOW_US;
    if (isInWindow) best.bandwidthKbps = Math.min(best.bandwidthKbps, this.#windowLimitKbps);
    if (!this.#isRising(previous.bandwidthKbps, best.bandwidthKbps)) return;
    if (context.throughputBps === undefined) return;
    const throughput = context.throughputBps / 1000;
    const isInHold = throughput < HOLD_MARGIN * this.#hold.kbps && this.#hold.kbps !== UNLIMITED;
    const cap = (isInHold ? RAMP_UP_IN_HOLD : RAMP_UP) * throughput;
    const limited = Math.min(best.bandwidthKbps, cap);
    best.bandwidthKbps = Math.max(previous.bandwidthKbps, limited);
    const isStuck = best.bandwidthKbps === previous.bandwidthKbps;
    if (this.state === 'decreasing' && isStuck) best.bandwidthKbps += 0.001;
  }

  #setResult(bounded: number, delay: number, max: number): void {
    const sentUs = this.#lastSentUs ?? 0;
    const isBelowDelay = bounded < delay;
    if (this.state === 'decreasing' && this.#hold.untilUs > sentUs && isBelowDelay) {
      this.#resultKbps = Math.min(this.#hold.kbps, bounded);
      return;
    }
    const isLimited = isBelowDelay && bounded < max;
    if (isLimited && this.#isLossLimited && this.#isRising(this.#resultKbps, bounded)) {
      this.state = 'increasing';
    } else if (isLimited) {
      if (this.state !== 'decreasing') {
        const { durationUs } = this.#hold;
        this.#hold = {
          untilUs: sentUs + durationUs,
          durationUs: Math.min(MAX_HOLD_US, durationUs * HOLD_FACTOR),
          kbps: bounded,
        };
      }
      this.state = 'decreasing';
    } else {
      this.state = 'delayBased';
      this.#hold = NO_HOLD;
    }
    this.#resultKbps = bounded;
  }

  #moveWindow(bestKbps: number): void {
    const sentUs = this.#lastSentUs ?? 0;
    if (!this.#isLossLimited || this.#windowStartUs + INCREASE_WINDOW_US >= sentUs) return;
    this.#windowLimitKbps = Math.max(FLOOR_KBPS, INCREASE_SCALE * bestKbps);
    this.#windowStartUs = sentUs;
  }

  get #isLossLimited(): boolean {
    return this.state !== 'delayBased';
  }

  #isRising(fromKbps: number, toKbps: number): boolean {
    return fromKbps < toKbps || (fromKbps === toKbps && this.state === 'increasing');
  }
}

function candidates(bestKbps: number, context: LossContext): number[] {
  const all = SCALES.map((scale) => scale * bestKbps);
  if (context.throughputBps !== undefined && !context.isAlr) all.push(context.throughputBps / 1000);
  const delay = (context.delayBps ?? 0) / 1000;
  if (delay > bestKbps) all.push(delay);
  return all;
}
