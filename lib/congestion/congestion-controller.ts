/**
 * The congestion controller of one subscriber's transport (§1): a pure function of feedback batches,
 * readings and their times. It has no clock and no timer: `nextDeadlineUs` says when
 * `handleTimeout` is due, and what is due happens at its own time however late it is called, so that
 * a stall of JavaScript changes nothing but when the pacer hears of it (R0.3).
 */
import { AlrDetector } from './alr-detector.js';
import type { CongestionConfig } from './config.js';
import { DeficiencyProber, type Demand } from './deficiency.js';
import { DelayController, type DelayResult } from './delay-controller.js';
import { arrivalOrder, type FeedbackBatch } from './feedback-batch.js';
import type { LossState } from './loss-controller.js';
import { LossLedger } from './loss-ledger.js';
import { OneWayDelay } from './one-way-delay.js';
import { type Probe, ProbeController } from './probe-controller.js';
import { ProbeEstimator } from './probe-estimator.js';
import { RoundTrip } from './round-trip.js';
import { StandingQueueGuard } from './standing-queue-guard.js';
import { type TargetContext, TargetRate, type TargetReason } from './target-rate.js';
import { ThroughputEstimator } from './throughput.js';
import type { Usage } from './trendline.js';

/** What the pacer is told (R0.2). It keeps the last of it while nothing new comes. */
export interface CongestionRates {
  readonly targetBps: number;
  readonly pacingBps: number;
  readonly paddingBps: number;
  readonly probes: readonly Probe[];
}

/** What the controller knows, for statistics and pictures. */
export interface CongestionReading {
  readonly targetBps: number;
  readonly reason: TargetReason;
  /** The delay-based estimate. */
  readonly delayBps: number;
  readonly throughputBps: number | undefined;
  readonly usage: Usage;
  readonly loss: number;
  readonly lossState: LossState;
  readonly rttUs: number | undefined;
  /** The queue that stands on the way. */
  readonly queueUs: number;
  readonly isApplicationLimited: boolean;
  readonly probesSent: number;
  readonly guardsFired: number;
}

/** A reading of receiver reports: packets expected and lost since the last one. */
export interface ReceptionReading {
  readonly atUs: number;
  readonly rttUs: number;
  readonly expected: number;
  readonly lost: number;
}

/** How long feedback may stay out before the question is asked whether it should have come. */
const SILENCE_US = 3_000_000;
const SILENCE_STEP_US = 1_000_000;
/** As long as the window of the throughput. */
const PROBED_US = 1_000_000;
const NEVER = Number.POSITIVE_INFINITY;

export class CongestionController {
  readonly #config: CongestionConfig;
  readonly #target: TargetRate;
  readonly #delay: DelayController;
  readonly #probes: ProbeController;
  readonly #alr: AlrDetector;
  readonly #throughput = new ThroughputEstimator();
  readonly #probeEstimator = new ProbeEstimator();
  readonly #roundTrip = new RoundTrip();
  readonly #ledger = new LossLedger();
  readonly #oneWay = new OneWayDelay();
  readonly #guard = new StandingQueueGuard();
  readonly #deficiency = new DeficiencyProber();

  #hasFeedback = false;
  #silenceUs = NEVER;
  #reportedBps = 0;
  /** Behind the newest number that feedback has named. */
  #nextSequence = 0;
  #probesSent = 0;
  #probed = { bps: 0, atUs: Number.NEGATIVE_INFINITY };
  #guardsFired = 0;

  constructor(config: CongestionConfig) {
    this.#config = config;
    this.#target = new TargetRate(config);
    this.#delay = new DelayController(config.startBps, config.minBps);
    this.#probes = new ProbeController(config);
    this.#alr = new AlrDetector(config.startBps);
  }

  /** The transport is connected: the start rate, and the initial probes. */
  start(nowUs: number): CongestionRates {
    this.#probes.start(nowUs);
    return this.#take() ?? this.#rates([]);
  }

  /** One transport-wide feedback message. Undefined: nothing changed for the pacer. */
  handleFeedback(batch: FeedbackBatch): CongestionRates | undefined {
    const nowUs = batch.feedbackUs;
    this.#runDue(nowUs);
    this.#handleSent(batch);
    const order = arrivalOrder(batch);
    if (batch.sequences.length === 0) return this.#take();
    this.#hasFeedback = true;
    this.#silenceUs = nowUs + SILENCE_US;
    if (order.length > 0) this.#roundTrip.handleFeedback(batch, order);
    this.#delay.aimd.rttUs = this.#roundTrip.meanUs ?? this.#delay.aimd.rttUs;
    const count = this.#ledger.count(batch);
    const isAfterGap = this.#isAfterGap(batch);
    if (order.length > 0) {
      const delayUs = shortestWayUs(batch, order);
      this.#oneWay.add({ ...count, atUs: nowUs, delayUs });
      this.#handleArrivals(batch, order, isAfterGap);
    }
    this.#target.handleObservation({ ...count, ...sentSpan(batch) }, this.#context(nowUs));
    this.#updateTarget(nowUs);
    this.#probeIfDue(nowUs);
    return this.#take();
  }

  /** Something was sent until `atUs`; needed only while no feedback comes, which tells it too. */
  handleSent(atUs: number): void {
    this.#roundTrip.handleSent(atUs);
  }

  /** When `handleTimeout` is due; infinite: only after the next input. */
  get nextDeadlineUs(): number {
    return Math.min(this.#probes.waitEndUs, this.#silenceUs);
  }

  /**
   * Everything that is due until now. A caller with a timer gives a time some 250 ms ago (SPEC.md,
   * [DRIVE-2]): batches that arrived before a deadline but wait in JavaScript then come first.
   */
  handleTimeout(nowUs: number): CongestionRates | undefined {
    this.#runDue(nowUs);
    return this.#take();
  }

  /** REMB: the sole limit of a peer without transport-wide feedback (R1.17). */
  handleRemoteEstimate(bps: number, atUs: number): CongestionRates | undefined {
    this.#target.remoteBps = bps;
    this.#updateTarget(atUs);
    return this.#take();
  }

  /** Receiver reports count only while there is no transport-wide feedback (R1.17). */
  handleReception(reading: ReceptionReading): CongestionRates | undefined {
    if (this.#hasFeedback) return undefined;
    const { atUs, expected, lost, rttUs } = reading;
    if (rttUs > 0) this.#roundTrip.handleReport(rttUs, atUs);
    const observation = { packets: expected, lost, bytes: 0, lostBytes: 0 };
    this.#target.handleObservation(
      { ...observation, firstSentUs: atUs, lastSentUs: atUs },
      this.#context(atUs),
    );
    this.#updateTarget(atUs);
    return this.#take();
  }

  /** What the subscriber lacks, from the allocator. */
  handleDemand(demand: Demand): void {
    this.#deficiency.demand = demand;
  }

  /** The sum of what could be sent to the subscriber, bit/s: also caps probes at twice of it. */
  handleAllocated(bps: number, nowUs: number): CongestionRates | undefined {
    this.#updateProbeLimit();
    this.#probes.setAllocated(bps, nowUs);
    return this.#take();
  }

  /** A new upper limit of the target (`maxBpsFor`). */
  handleLimit(maxBps: number, nowUs: number): CongestionRates | undefined {
    this.#target.maxBps = maxBps;
    this.#updateProbeLimit();
    this.#probes.setMax(maxBps, nowUs);
    this.#updateTarget(nowUs);
    return this.#take();
  }

  reading(): CongestionReading {
    return {
      targetBps: this.#target.bps,
      reason: this.#target.reason,
      delayBps: this.#delay.estimateBps,
      throughputBps: this.#throughput.bps,
      usage: this.#delay.usage,
      loss: this.#target.loss.fraction,
      lossState: this.#target.loss.state,
      rttUs: this.#roundTrip.propagationUs,
      queueUs: this.#oneWay.queueUs,
      isApplicationLimited: this.#alr.startUs !== undefined,
      probesSent: this.#probesSent,
      guardsFired: this.#guardsFired,
    };
  }

  #runDue(nowUs: number): void {
    while (this.nextDeadlineUs <= nowUs) {
      const atUs = this.nextDeadlineUs;
      this.#probes.handleTimeout(atUs);
      if (atUs < this.#silenceUs) continue;
      this.#silenceUs = atUs + SILENCE_STEP_US;
      this.#delay.forget();
      this.#oneWay.forget();
      if (this.#roundTrip.isTooLong && this.#target.backOff(atUs)) this.#applyTarget(atUs);
      this.#updateProbeLimit();
      this.#probeIfDue(atUs);
    }
  }

  #handleSent(batch: FeedbackBatch): void {
    this.#roundTrip.handleSent(batch.lastSentUs);
    for (let bin = 0; bin < batch.sentBinUs.length; bin += 1) {
      this.#alr.handleSent(batch.sentBinBytes[bin] as number, batch.sentBinUs[bin] as number);
    }
    this.#probes.setAlr(this.#alr.startUs, batch.feedbackUs);
  }

  /** Whether feedback on what was sent before this batch was lost (R1.7). */
  #isAfterGap({ sequences }: FeedbackBatch): boolean {
    const isAfterGap = (sequences[0] as number) > this.#nextSequence;
    this.#nextSequence = Math.max(this.#nextSequence, (sequences.at(-1) as number) + 1);
    return isAfterGap;
  }

  #handleArrivals(batch: FeedbackBatch, order: readonly number[], isAfterGap: boolean): void {
    const nowUs = batch.feedbackUs;
    for (const index of order) this.#handleArrival(batch, index, isAfterGap && index === order[0]);
    const throughputBps = this.#throughput.bps;
    let probeBps = this.#probeEstimator.take();
    if (probeBps !== undefined && throughputBps !== undefined) {
      probeBps = Math.max(probeBps, Math.min(this.#delay.estimateBps, throughputBps));
    }
    if (probeBps !== undefined) this.#probed = { bps: probeBps, atUs: nowUs };
    if (probeBps !== undefined || isProbeLost(batch)) this.#deficiency.handleAnswer();
    const result = this.#delay.handleFeedback({
      ...{ batch, order, probeBps },
      throughputBps: this.#carriedBps(nowUs),
      isStepped: this.#deficiency.demand.isStepped,
      queueUs: this.#oneWay.latestQueueUs,
      standingUs: this.#oneWay.queueUs,
    });
    this.#applyDelay(result);
    if (result.isOutgrown) this.#deficiency.handleOutgrown();
    this.#guardQueue(nowUs);
    if (result.isRecovered) {
      this.#updateProbeLimit();
      this.#probes.requestRecovery(nowUs);
    }
  }

  #handleArrival(batch: FeedbackBatch, index: number, isAfterGap: boolean): void {
    const sentUs = batch.sentUs[index] as number;
    const receivedUs = batch.receivedUs[index] as number;
    const bytes = batch.sizes[index] as number;
    this.#throughput.add(sentUs, receivedUs, bytes, isAfterGap);
    const cluster = batch.clusters[index] as number;
    if (cluster < 0) return;
    const facts = batch.clusterFacts.find(({ id }) => id === cluster);
    if (facts) this.#probeEstimator.add(facts, sentUs, receivedUs, bytes);
  }

  #applyDelay({ isUpdated, isProbe }: DelayResult): void {
    if (!isUpdated) return;
    if (isProbe) this.#target.jumpTo(this.#delay.estimateBps);
    this.#target.delayBps = this.#delay.estimateBps;
  }

  /** What the link carries, as far as the sender's steps let it show ([CC-10]). */
  #carriedBps(nowUs: number): number | undefined {
    const { bps, receivedBps } = this.#throughput;
    if (!this.#deficiency.demand.isStepped || receivedBps === undefined) return bps;
    const isProbed = nowUs - this.#probed.atUs < PROBED_US;
    return isProbed ? Math.max(receivedBps, this.#probed.bps) : receivedBps;
  }

  #guardQueue(nowUs: number): void {
    const throughputBps = this.#carriedBps(nowUs);
    if (!this.#config.isStandingQueueGuarded || throughputBps === undefined) return;
    const isNormal = this.#delay.usage === 'normal';
    if (!this.#guard.isDue(this.#oneWay, isNormal, nowUs)) return;
    this.#guardsFired += 1;
    this.#delay.aimd.update('overuse', throughputBps, nowUs);
    this.#target.delayBps = this.#delay.estimateBps;
  }

  #updateTarget(nowUs: number): void {
    if (this.#roundTrip.isTooLong) this.#target.backOff(nowUs);
    else this.#target.update(this.#context(nowUs));
    this.#applyTarget(nowUs);
  }

  #applyTarget(nowUs: number): void {
    this.#alr.setTarget(this.#target.bps);
    this.#updateProbeLimit();
    this.#probes.setEstimate(this.#target.bps, nowUs);
  }

  #updateProbeLimit(): void {
    const { state } = this.#target.loss;
    const isUnsure = this.#delay.usage !== 'normal' || this.#roundTrip.isTooLong;
    if (isUnsure || state === 'decreasing') this.#probes.limit = 'blocked';
    else this.#probes.limit = state === 'increasing' ? 'lossIncreasing' : 'none';
  }

  #probeIfDue(nowUs: number): void {
    this.#probes.handleTimeout(nowUs);
    if (!this.#config.isDeficiencyProbed || !this.#probes.isComplete) return;
    const estimateBps = this.#target.bps;
    const rateBps = this.#deficiency.rateBps({
      estimateBps,
      queueUs: this.#oneWay.queueUs,
      isNormal: this.#delay.usage === 'normal',
      throughputBps: this.#throughput.receivedBps ?? 0,
      bitsOf: (bps) => this.#probes.bitsOf(bps),
      probedUs: this.#probes.probedUs,
      nowUs,
    });
    if (rateBps === undefined || !this.#probes.requestDeficiency(rateBps, nowUs)) return;
    this.#deficiency.accept(rateBps);
  }

  #context(nowUs: number): TargetContext {
    return {
      nowUs,
      throughputBps: this.#throughput.bps,
      rttUs: this.#roundTrip.propagationUs ?? this.#delay.aimd.rttUs,
      isAlr: this.#alr.startUs !== undefined,
    };
  }

  #take(): CongestionRates | undefined {
    const probes = this.#probes.take();
    this.#probesSent += probes.length;
    if (probes.length === 0 && this.#target.bps === this.#reportedBps) return undefined;
    return this.#rates(probes);
  }

  #rates(probes: readonly Probe[]): CongestionRates {
    this.#reportedBps = this.#target.bps;
    const targetBps = Math.round(this.#target.bps);
    const pacingBps = Math.round(this.#config.pacingFactor * targetBps);
    return { targetBps, pacingBps, paddingBps: 0, probes };
  }
}

/** The smallest one-way delay of a batch, on clocks with an unknown offset. */
function shortestWayUs({ receivedUs, sentUs }: FeedbackBatch, order: readonly number[]): number {
  let shortest = NEVER;
  for (const index of order) {
    shortest = Math.min(shortest, (receivedUs[index] as number) - (sentUs[index] as number));
  }
  return shortest;
}

function sentSpan({ sentUs }: FeedbackBatch) {
  let [firstSentUs, lastSentUs] = [NEVER, Number.NEGATIVE_INFINITY];
  for (const atUs of sentUs) {
    firstSentUs = Math.min(firstSentUs, atUs);
    lastSentUs = Math.max(lastSentUs, atUs);
  }
  return { firstSentUs, lastSentUs };
}

function isProbeLost({ clusters, receivedUs }: FeedbackBatch): boolean {
  for (let index = 0; index < clusters.length; index += 1) {
    if ((clusters[index] as number) >= 0 && Number.isNaN(receivedUs[index])) return true;
  }
  return false;
}
