/**
 * A sender, one bottleneck and feedback every 100 ms, as the congestion controller sees them: a toy
 * beside the scorecard's simulator, which runs the real pacer and feedback. For unit tests.
 */
import type { CongestionController, CongestionRates } from '../congestion/congestion-controller.js';
import type { ClusterFacts, FeedbackBatch } from '../congestion/feedback-batch.js';
import type { Probe } from '../congestion/probe-controller.js';
import { seededRandom } from './seeded-random.js';

interface Sent {
  sequence: number;
  sentUs: number;
  receivedUs: number;
  size: number;
  cluster: number;
}

export interface PathOptions {
  capacityBps: number;
  oneWayUs?: number;
  queueUs?: number;
  lossShare?: number;
  /** Standard deviation of one-sided jitter, truncated at three of them. */
  jitterUs?: number;
  seed?: number;
  /** What is sent, bit/s; else what the controller says. */
  rateBps?: number;
  /** Frames of 30 a second, or single packets at equal distances. */
  isFramed?: boolean;
}

const PACKET_BYTES = 1200;
const FEEDBACK_US = 100_000;
const FRAME_US = 33_333;

export class FeedbackPath {
  nowUs = 1_000_000_000;
  rates: CongestionRates;
  /** Added to receive times: a jump of the receiver's clock. */
  clockOffsetUs = 0;
  isFeedbackLost = false;
  isPaused = false;
  readonly batches: FeedbackBatch[] = [];
  readonly probes: (Probe & { atUs: number })[] = [];

  readonly options: PathOptions;
  readonly #random: (below: number) => number;
  #sequence = 0;
  #linkFreeUs = 0;
  #arrivedUs = 0;
  #nextFrameUs: number;
  #flight: Sent[] = [];
  #bins: [number, number][] = [];
  readonly #facts: ClusterFacts[] = [];

  constructor(
    readonly controller: CongestionController,
    options: PathOptions,
  ) {
    this.options = options;
    this.#random = seededRandom(options.seed ?? 1);
    this.#nextFrameUs = this.nowUs;
    this.rates = controller.start(this.nowUs);
    this.#sendProbes(this.rates.probes);
  }

  /** Advances by whole feedback intervals. */
  run(seconds: number, afterFeedback: () => void = () => {}): void {
    const endUs = this.nowUs + 1e6 * seconds;
    while (this.nowUs < endUs - 1) {
      const untilUs = this.nowUs + FEEDBACK_US;
      while (this.#nextFrameUs < untilUs) this.#sendFrame();
      this.nowUs = untilUs;
      this.#feedback();
      this.#accept(this.controller.handleTimeout(this.nowUs - 250_000));
      afterFeedback();
    }
  }

  #accept(rates: CongestionRates | undefined): void {
    if (!rates) return;
    this.rates = rates;
    this.#sendProbes(rates.probes);
  }

  #sendFrame(): void {
    const { rateBps = this.rates.targetBps, isFramed = true } = this.options;
    const atUs = this.#nextFrameUs;
    if (!isFramed) {
      this.#nextFrameUs += (8e6 * PACKET_BYTES) / rateBps;
      if (!this.isPaused) this.#send(atUs, PACKET_BYTES, -1);
      return;
    }
    this.#nextFrameUs += FRAME_US;
    if (this.isPaused) return;
    let bytes = Math.round((rateBps * FRAME_US) / 8e6);
    for (let sentUs = atUs; bytes > 0; bytes -= PACKET_BYTES) {
      const size = Math.min(bytes, PACKET_BYTES);
      this.#send(sentUs, size, -1);
      sentUs += (8e6 * size) / (2.5 * rateBps);
    }
  }

  #sendProbes(probes: readonly Probe[]): void {
    let atUs = this.nowUs;
    for (const probe of probes) {
      this.probes.push({ ...probe, atUs: this.nowUs });
      this.#facts.push(probe);
      const count = Math.max(probe.minPackets, Math.ceil(probe.minBytes / PACKET_BYTES));
      const size = Math.max(200, Math.round(probe.minBytes / count));
      for (let packet = 0; packet < count; packet += 1) {
        this.#send(atUs, size, probe.id);
        atUs += (8e6 * size) / probe.rateBps;
      }
    }
  }

  #send(sentUs: number, size: number, cluster: number): void {
    const { capacityBps, queueUs = 300_000, oneWayUs = 50_000 } = this.options;
    const sent = { sequence: 0, sentUs: Math.round(sentUs), receivedUs: Number.NaN, size, cluster };
    sent.sequence = this.#sequence++;
    this.#bins.push([sent.sentUs, size]);
    this.#flight.push(sent);
    const waitUs = Math.max(0, this.#linkFreeUs - sentUs);
    if (waitUs > queueUs || this.#random(1e6) < 1e6 * (this.options.lossShare ?? 0)) return;
    this.#linkFreeUs = sentUs + waitUs + (8e6 * size) / capacityBps;
    this.#arrivedUs = Math.max(this.#arrivedUs, this.#linkFreeUs + oneWayUs + this.#jitter());
    sent.receivedUs = this.#arrivedUs;
  }

  #jitter(): number {
    const { jitterUs = 0 } = this.options;
    if (jitterUs === 0) return 0;
    const uniform = () => (this.#random(1e9) + 1) / (1e9 + 1);
    for (;;) {
      const z = Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
      if (Math.abs(z) <= 3) return Math.abs(z) * jitterUs;
    }
  }

  /** What had arrived one way ago, in one message. */
  #feedback(): void {
    const oneWayUs = this.options.oneWayUs ?? 50_000;
    const seenUs = this.nowUs - oneWayUs;
    const arrived = this.#flight.filter((sent) => sent.receivedUs <= seenUs);
    const newest = Math.max(-1, ...arrived.map(({ sequence }) => sequence));
    const reported = this.#flight.filter((sent) => sent.sequence <= newest);
    if (this.isFeedbackLost || reported.length === 0) {
      if (this.isFeedbackLost) this.controller.handleSent(this.nowUs);
      return;
    }
    this.#flight = this.#flight.filter((sent) => sent.sequence > newest);
    const batch = this.#batch(reported);
    this.batches.push(batch);
    this.#accept(this.controller.handleFeedback(batch));
  }

  #batch(reported: Sent[]): FeedbackBatch {
    const bins = this.#bins;
    this.#bins = [];
    return {
      feedbackUs: this.nowUs,
      dataInFlight: this.#flight.reduce((sum, { size }) => sum + size, 0),
      lastSentUs: this.nowUs,
      sequences: Float64Array.from(reported, ({ sequence }) => sequence),
      sentUs: Float64Array.from(reported, ({ sentUs }) => sentUs),
      receivedUs: Float64Array.from(reported, (sent) => sent.receivedUs + this.clockOffsetUs),
      sizes: Uint32Array.from(reported, ({ size }) => size),
      clusters: Int32Array.from(reported, ({ cluster }) => cluster),
      flags: new Uint8Array(reported.length),
      clusterFacts: this.#facts.filter(({ id }) => reported.some(({ cluster }) => cluster === id)),
      sentBinUs: Float64Array.from(bins, ([atUs]) => atUs),
      sentBinBytes: Uint32Array.from(bins, ([, bytes]) => bytes),
    };
  }
}
