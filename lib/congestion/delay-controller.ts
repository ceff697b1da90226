/** The delay-based part (§1.0 steps 6 and 7): grouping → trendline → AIMD. */
import { AimdRateControl } from './aimd.js';
import { ArrivalGroups } from './arrival-groups.js';
import type { FeedbackBatch } from './feedback-batch.js';
import { Trendline, type Usage } from './trendline.js';

/** After a silence this long the way may be another one: grouping and trend start anew (R1.22). */
const IDLE_US = 2_000_000;
/** A queue that a layer's larger pictures or a probe make, and that is gone again before the next. */
const PASSING_QUEUE_US = 50_000;

export interface DelayInput {
  readonly batch: FeedbackBatch;
  /** The received packets in the order of arrival. */
  readonly order: readonly number[];
  readonly throughputBps: number | undefined;
  readonly probeBps: number | undefined;
  /** Whether the sender's rate moves in steps, so that it seldom fills the link ([CC-10]). */
  readonly isStepped: boolean;
  /** The queue that even the fastest packet of the batch waited in. */
  readonly queueUs: number;
  /** The queue that has stood for the last second. */
  readonly standingUs: number;
}

export interface DelayResult {
  /** Whether the estimate was set anew, though perhaps to the same value. */
  readonly isUpdated: boolean;
  /** Whether a probe set it. */
  readonly isProbe: boolean;
  /** Whether the detector went from under-use to normal: a queue has drained. */
  readonly isRecovered: boolean;
  /** Whether the link turned out to carry more than when it was last over-used. */
  readonly isOutgrown: boolean;
}

export class DelayController {
  readonly aimd: AimdRateControl;

  #groups = new ArrivalGroups();
  #trendline = new Trendline();
  #seenUs: number | undefined;

  constructor(startBps: number, minBps: number) {
    this.aimd = new AimdRateControl(startBps, minBps);
  }

  get usage(): Usage {
    return this.#trendline.usage;
  }

  get estimateBps(): number {
    return this.aimd.estimateBps;
  }

  /** After a silence: grouping and trend start anew, the estimate stays. */
  forget(): void {
    this.#groups = new ArrivalGroups();
    this.#trendline = new Trendline();
  }

  handleFeedback(input: DelayInput): DelayResult {
    const nowUs = input.batch.feedbackUs;
    const isRecovered = this.#detect(input.batch, input.order);
    const isHeld = input.isStepped && input.queueUs < PASSING_QUEUE_US;
    if (this.usage === 'overuse' && !isHeld) {
      const isUpdated = this.#reduce(input.throughputBps, nowUs);
      return { isUpdated, isProbe: false, isRecovered, isOutgrown: false };
    }
    const wasKnown = this.#isCapacityKnown;
    this.aimd.standingUs = input.standingUs;
    if (input.probeBps !== undefined) this.aimd.setEstimate(input.probeBps, nowUs);
    else if (this.usage !== 'overuse') this.aimd.update(this.usage, input.throughputBps, nowUs);
    const isOutgrown = wasKnown && !this.#isCapacityKnown;
    return { isUpdated: true, isProbe: input.probeBps !== undefined, isRecovered, isOutgrown };
  }

  get #isCapacityKnown(): boolean {
    return this.aimd.linkCapacity.estimateBps !== undefined;
  }

  #detect(batch: FeedbackBatch, order: readonly number[]): boolean {
    if (this.#seenUs !== undefined && batch.feedbackUs - this.#seenUs > IDLE_US) {
      this.forget();
      this.aimd.resume(batch.feedbackUs);
    }
    this.#seenUs = batch.feedbackUs;
    let isRecovered = false;
    for (const index of order) {
      const [sentUs, receivedUs] = [batch.sentUs[index], batch.receivedUs[index]];
      const delta = this.#groups.add(sentUs as number, receivedUs as number, batch.feedbackUs);
      if (!delta) continue;
      const before = this.usage;
      this.#trendline.update(delta.receivedUs / 1e3, delta.sentUs / 1e3, delta.arrivalUs / 1e3);
      if (before === 'underuse' && this.usage === 'normal') isRecovered = true;
    }
    return isRecovered;
  }

  #reduce(throughputBps: number | undefined, nowUs: number): boolean {
    if (throughputBps !== undefined) {
      if (!this.aimd.isFurtherReductionDue(throughputBps, nowUs)) return false;
      this.aimd.update('overuse', throughputBps, nowUs);
      return true;
    }
    if (!this.aimd.isReductionIntervalOver(nowUs)) return false;
    this.aimd.setEstimate(this.aimd.estimateBps / 2, nowUs);
    return true;
  }
}
