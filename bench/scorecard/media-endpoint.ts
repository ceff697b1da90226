/**
 * One media flow: sources that feed a publisher's transport, the congestion controller of the
 * subscriber's transport, and, where the source is layered, the allocator.
 */
import {
  CongestionController,
  type CongestionRates,
} from '../../lib/congestion/congestion-controller.js';
import type {
  CongestionFeedbackEvent,
  LayerRatesEvent,
  SubscriptionStateEvent,
} from '../../lib/engine/contract.gen.js';
import type { Handle } from '../../lib/engine/handle.js';
import type { Conditions, MediaFlow } from './conditions.js';
import { CLOCK_START_US, type EngineWire } from './engine-wire.js';
import { FlowRecord } from './flow-record.js';
import { createFlow, type FlowHandles } from './flow-setup.js';
import { LayerChooser } from './layer-chooser.js';
import type { Random } from './random.js';
import { layerOf, RtpFeed } from './rtp-feed.js';
import { VideoSource } from './video-source.js';
import { keyFrameRequests } from './vp8-packets.js';

/** [DRIVE-2] of lib/congestion/SPEC.md. */
const TIMEOUT_GRACE_US = 250_000;
const NO_LAYER = 255;
/** The share lost above which v0 takes the target down (§1.7); it has no state that says so. */
const V0_DECREASES_ABOVE = 0.1;

export interface EndpointSetting {
  readonly index: number;
  readonly flow: MediaFlow;
  readonly conditions: Conditions;
  readonly random: Random;
}

export class MediaEndpoint {
  readonly handles: FlowHandles;
  readonly record: FlowRecord;
  readonly flow: MediaFlow;

  readonly #wire: EngineWire;
  readonly #controller: CongestionController;
  readonly #feeds: RtpFeed[];
  readonly #chooser: LayerChooser | undefined;
  #targetBps: number;
  #isStarted = false;

  constructor(wire: EngineWire, { index, flow, conditions, random }: EndpointSetting) {
    this.#wire = wire;
    this.flow = flow;
    this.record = new FlowRecord(flow.id, true);
    const { startBps } = conditions.config;
    this.#targetBps = startBps;
    this.#controller = new CongestionController(conditions.config);
    this.#chooser = flow.layersBps && new LayerChooser(flow.layersBps);
    if (!this.#chooser) {
      this.#controller.handleDemand({ wantBps: flow.source.maxBps, isStepped: false });
    }
    const rates = flow.layersBps ?? [startBps];
    const { feedbackUs } = flow;
    this.handles = createFlow(wire, index, { encodings: rates.length, feedbackUs });
    const { publisher, ssrcs } = this.handles;
    this.#feeds = rates.map((bps, layer) => {
      const options = flow.layersBps ? { ...flow.source, minBps: bps, maxBps: bps } : flow.source;
      const source = new VideoSource(options, random, flow.startUs, bps);
      return new RtpFeed(wire, publisher, { source, ssrc: ssrcs[layer] ?? 0, layer });
    });
  }

  /** When the source speaks next; infinite after its end. */
  get nextFrameUs(): number {
    const nextFrameUs = this.#feeds[0]?.source.nextFrameUs ?? Number.POSITIVE_INFINITY;
    return nextFrameUs < this.flow.stopUs ? nextFrameUs : Number.POSITIVE_INFINITY;
  }

  /** Puts the next frame into the engine's batch, which stands at its time. */
  sendFrame(): void {
    const atUs = this.nextFrameUs;
    if (!this.#isStarted) {
      this.#isStarted = true;
      this.#apply(this.#controller.start(atUs + CLOCK_START_US), atUs);
    }
    const isPaused = this.flow.pauses.some(([fromUs, toUs]) => atUs >= fromUs && atUs < toUs);
    for (const feed of this.#feeds) feed.sendFrame(isPaused);
  }

  handleFeedback(event: CongestionFeedbackEvent, nowUs: number): void {
    this.#apply(this.#controller.handleFeedback(event), nowUs);
  }

  handleTimeout(nowUs: number): void {
    this.#apply(this.#controller.handleTimeout(nowUs - TIMEOUT_GRACE_US + CLOCK_START_US), nowUs);
    if (this.#isStarted) this.#chooseLayer(nowUs);
  }

  handleLayerRates({ layers }: LayerRatesEvent): void {
    if (this.#chooser) this.#chooser.layers = layers;
  }

  handleSubscriptionState({ spatial, temporal }: SubscriptionStateEvent): void {
    if (!this.#chooser) return;
    this.#chooser.forwarded = spatial === NO_LAYER ? null : { spatial, temporal };
  }

  /** What the engine sends to the publisher: key frames are asked for. */
  handlePublisherFeedback(compound: Uint8Array): void {
    for (const ssrc of keyFrameRequests(compound)) {
      for (const { packets } of this.#feeds) {
        if (packets.ssrc === ssrc) packets.isKeyFrameWanted = true;
      }
    }
  }

  /** A packet of `size` bytes on the wire reaches the bottleneck. */
  noteDeparture(packet: Uint8Array, sentUs: number, size: number): void {
    if (layerOf(packet) === undefined) this.record.fill.push({ sentUs, bytes: size });
  }

  /** A packet reaches the far end. */
  noteArrival(packet: Uint8Array, sentUs: number, atUs: number): void {
    const layer = layerOf(packet);
    if (layer === undefined || layer === this.record.layers.at(-1)?.layer) return;
    this.record.layers.push({ atUs, sentUs, layer });
  }

  isOf(transport: Handle): boolean {
    const { publisher, subscriber, far } = this.handles;
    return transport === publisher || transport === subscriber || transport === far;
  }

  #apply(rates: CongestionRates | undefined, nowUs: number): void {
    if (!rates) return;
    this.#targetBps = rates.targetBps;
    if (!this.#chooser) for (const { source } of this.#feeds) source.targetBps = rates.targetBps;
    this.record.targets.push({ atUs: nowUs, bps: rates.targetBps });
    this.#noteProbes(rates, nowUs);
    this.#wire.add({
      ...{ type: 'transportSetRates', transport: this.handles.subscriber },
      ...rates,
    });
  }

  #noteProbes({ probes }: CongestionRates, atUs: number): void {
    if (probes.length === 0) return;
    const { lossState, loss } = this.#controller.reading();
    const isLossDecreasing = lossState === 'decreasing' || loss > V0_DECREASES_ABOVE;
    for (const { rateBps: bps } of probes) this.record.probes.push({ atUs, bps, isLossDecreasing });
  }

  #chooseLayer(nowUs: number): void {
    const choice = this.#chooser?.run(this.#targetBps, nowUs);
    if (!choice) return;
    this.#controller.handleDemand({ wantBps: choice.wantBps, isStepped: true });
    if (!choice.isNew) return;
    const { subscription } = this.handles;
    this.#wire.add({
      ...{ type: 'subscriptionSet', subscription, active: choice.layer !== null },
      ...{ pauseReason: 'bandwidth', priority: 100, temporal: NO_LAYER },
      spatial: choice.layer?.spatial ?? 0,
    });
  }
}
