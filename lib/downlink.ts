/**
 * The way to one subscriber: what it carries (lib/congestion), who gets how much of it
 * (lib/allocation), and the telling of both to the engine. Everything is driven by events that carry
 * their time, and by one timer of the node; a stall of JavaScript only makes it later. Not public.
 */
import { type Allocation, allocate, INITIAL_STATE } from './allocation/allocate.js';
import { audioReserveBps } from './allocation/inputs.js';
import { AudioRate } from './audio-rate.js';
import { maxBpsFor, PRODUCT_CONFIG, startBpsAfter } from './congestion/config.js';
import { CongestionController, type CongestionRates } from './congestion/congestion-controller.js';
import type { Core } from './core.js';
import { tracksOf } from './downlink-tracks.js';
import type { ObjectEvent } from './engine/channel.js';
import type { Handle } from './engine/handle.js';
import type { LiveParticipant } from './participant.js';
import type { LiveSubscription } from './subscription.js';

/** Views and layers come in bursts: one answer to all of them. */
export const DEBOUNCE_MS = 50;
/** As long as something waits for time to pass (6.4), and after changes of nothing but rates. */
export const AGAIN_MS = 200;
/** The estimate has moved: down sooner than up. */
const [DOWN, UP] = [0.95, 1.1];
/** A new association probes for its rate; until then nothing is paused for lack of it. */
const OPENING_MS = 3000;
/** Feedback that waits in JavaScript comes before the deadlines behind it (R0.3, T0.1). */
const LATENESS_US = 250_000;
const MAX_BPS = 0xffff_ffff;
const NEVER = Number.POSITIVE_INFINITY;

export class Downlink {
  estimateBps: number;
  /** Of the last allocation. */
  allocation: Allocation | null = null;
  readonly #core: Core;
  readonly #participant: LiveParticipant;
  readonly #audio = new AudioRate();
  readonly #tick = () => this.#run();
  #controller: CongestionController;
  #transport: Handle | null = null;
  #remote = '';
  #connectedMs = NEVER;
  #hasFeedback = false;
  #allocatedAtBps = 0;
  #maxBps = PRODUCT_CONFIG.startBps;
  #dueMs = NEVER;
  #isClosed = false;

  constructor(core: Core, participant: LiveParticipant) {
    this.#core = core;
    this.#participant = participant;
    const previous = participant.room.estimates.recall(participant.id, core.clock.now());
    this.estimateBps = startBpsAfter(PRODUCT_CONFIG, previous);
    this.#controller = this.#newController(this.estimateBps);
  }

  /** The estimate, once the way has been seen to carry anything; else 0. */
  get knownBps(): number {
    return this.#hasFeedback ? this.estimateBps : 0;
  }

  /** An event of the transport. */
  handle(event: ObjectEvent): void {
    const controller = this.#controller;
    switch (event.type) {
      case 'transportState':
        if (event.state === 'connected') this.#connect(event.transport, event.remote);
        break;
      case 'congestionFeedback':
        this.#hear(event.feedbackUs);
        this.#audio.add(event);
        this.#apply(controller.handleFeedback(event));
        break;
      case 'remoteEstimate':
        this.#hear(event.atUs);
        this.#apply(controller.handleRemoteEstimate(event.bitrateBps, event.atUs));
        break;
      case 'reception':
        this.#core.engineClock.learn(event.atUs);
        this.#apply(controller.handleReception(event));
        break;
    }
    this.#schedule();
  }

  /** Allocates again after so many milliseconds, once for all who ask meanwhile. */
  request(delayMs: number): void {
    if (this.#isClosed) return;
    this.#dueMs = Math.min(this.#dueMs, this.#core.clock.now() + delayMs);
    this.#schedule();
  }

  /** Allocates now: something starts to flow, or stops. */
  allocate(): void {
    if (this.#isClosed) return;
    const { clock } = this.#core;
    const nowMs = clock.now();
    const subscriptions = this.#connected('video');
    const shared = subscriptions.filter(({ publication }) => !publication.muted);
    const tracks = tracksOf(shared, this.#participant.room.speakers);
    const state = this.allocation?.state ?? INITIAL_STATE;
    const audioBps = audioReserveBps(this.#audio.bps, this.#speakingSources());
    const allowPause = this.#hasFeedback && nowMs >= this.#connectedMs + OPENING_MS;
    const { estimateBps } = this;
    this.allocation = allocate({ estimateBps, audioBps, tracks, allowPause }, state, nowMs);
    this.#allocatedAtBps = estimateBps;
    this.#dueMs = this.allocation.isSettled ? NEVER : nowMs + AGAIN_MS;
    const targets = new Map(this.allocation.targets.map((target) => [target.id, target]));
    for (const subscription of subscriptions) {
      const target = targets.get(subscription.publication.id);
      // A muted one costs nothing; what it gets is settled when it speaks again.
      if (target) subscription.aim(target.layer, target.reason);
      else subscription.aimAtAll();
    }
    this.#demand(this.allocation);
    this.#schedule();
  }

  /** What was measured is not what had been declared: the track starts anew. */
  forget(publicationId: string): void {
    if (!this.allocation) return;
    const { state } = this.allocation;
    const tracks = new Map(state.tracks);
    tracks.delete(publicationId);
    this.allocation = { ...this.allocation, state: { ...state, tracks } };
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#core.timer.set(this.#tick, NEVER);
    const { room, id } = this.#participant;
    if (this.#hasFeedback) room.estimates.keep(id, this.estimateBps, this.#core.clock.now());
  }

  #newController(startBps: number): CongestionController {
    return new CongestionController({ ...PRODUCT_CONFIG, startBps });
  }

  /** A path, and another one after an ICE restart (R1.21). */
  #connect(transport: Handle, remote: string): void {
    if (this.#transport !== null && this.#remote === remote) return;
    if (this.#transport !== null) {
      this.estimateBps = Math.min(this.estimateBps, PRODUCT_CONFIG.startBps);
      this.#controller = this.#newController(this.estimateBps);
      this.#maxBps = PRODUCT_CONFIG.startBps;
    }
    this.#transport = transport;
    this.#remote = remote;
    this.#connectedMs = this.#core.clock.now();
    if (this.allocation) this.#demand(this.allocation);
    this.#apply(this.#controller.start(this.#core.engineClock.nowUs));
    this.request(OPENING_MS);
  }

  #hear(atUs: number): void {
    this.#core.engineClock.learn(atUs);
    this.#hasFeedback = true;
  }

  /** Tells the pacer, and allocates anew when it makes a difference. */
  #apply(rates: CongestionRates | undefined): void {
    if (!rates) return;
    this.#post(rates);
    const ratio = this.estimateBps / this.#allocatedAtBps;
    if (ratio < DOWN || ratio > UP) this.allocate();
  }

  #post({ targetBps, pacingBps, paddingBps, probes }: CongestionRates): void {
    this.estimateBps = targetBps;
    const transport = this.#transport;
    if (transport === null) return;
    this.#core.channel.post(transport, {
      type: 'transportSetRates',
      transport,
      targetBps: Math.min(MAX_BPS, targetBps),
      pacingBps: Math.min(MAX_BPS, pacingBps),
      paddingBps,
      probes: probes.map((probe) => ({ ...probe, rateBps: Math.min(MAX_BPS, probe.rateBps) })),
    });
  }

  /** What is lacking is probed for, and no more than could be used (1.12, 1.14). */
  #demand({ wantBps, ...allocation }: Allocation): void {
    const controller = this.#controller;
    const { nowUs } = this.#core.engineClock;
    // What was not measured yet may be anything.
    const isKnown = this.#connected('video').every(({ publication }) => publication.isMeasured);
    const desiredBps = Math.max(allocation.desiredBps, isKnown ? 0 : PRODUCT_CONFIG.maxBps);
    const maxBps = Math.max(PRODUCT_CONFIG.startBps, maxBpsFor(desiredBps, this.#maxBps));
    controller.handleDemand({ wantBps, isStepped: true });
    const changes = [controller.handleAllocated(desiredBps, nowUs)];
    if (maxBps !== this.#maxBps) changes.push(controller.handleLimit(maxBps, nowUs));
    this.#maxBps = maxBps;
    for (const rates of changes) if (rates) this.#post(rates);
    const isLower = this.estimateBps < DOWN * this.#allocatedAtBps;
    if (isLower) this.request(DEBOUNCE_MS);
  }

  #run(): void {
    if (this.#isClosed) return;
    const { clock, engineClock } = this.#core;
    const atUs = engineClock.nowUs - LATENESS_US;
    if (this.#controller.nextDeadlineUs <= atUs) {
      // Only media that flows makes the silence of its receiver strange.
      if (this.#isSending()) this.#controller.handleSent(atUs);
      this.#apply(this.#controller.handleTimeout(atUs));
    }
    if (clock.now() >= this.#dueMs) this.allocate();
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isClosed) return;
    const { clock, engineClock, timer } = this.#core;
    const waitUs = this.#controller.nextDeadlineUs + LATENESS_US - engineClock.nowUs;
    timer.set(this.#tick, Math.min(this.#dueMs, clock.now() + Math.max(0, waitUs / 1000)));
  }

  #connected(kind: 'audio' | 'video'): LiveSubscription[] {
    return [...this.#participant.subscriptions.values()].filter(
      (one) => one.isConnected && !one.isPlain && one.publication.kind === kind,
    );
  }

  #speakingSources(): number {
    return this.#connected('audio').filter(
      ({ publication, isWanted }) => isWanted && !publication.muted,
    ).length;
  }

  #isSending(): boolean {
    return [...this.#participant.subscriptions.values()].some(
      ({ state, isPlain }) => state === 'active' && !isPlain,
    );
  }
}
