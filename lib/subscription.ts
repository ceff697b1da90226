/** One participant's reception of a publication. */
import { assertOpen } from './core.js';
import { DEBOUNCE_MS } from './downlink.js';
import type { ObjectEvent } from './engine/channel.js';
import type { SubscriptionReason, SubscriptionState } from './engine/contract.gen.js';
import type { Handle } from './engine/handle.js';
import { PlenumError } from './errors.js';
import type { LiveParticipant, Participant } from './participant.js';
import type { Layer, LivePublication, Publication } from './publication.js';
import type { Slot } from './slot.js';

export type { SubscriptionReason, SubscriptionState };

export interface SubscriptionSettings {
  /** Default true. */
  enabled: boolean;
  /** Hidden tiles are not forwarded. Default true. */
  visible: boolean;
  /** Nothing above it is forwarded. */
  maxLayer?: Layer;
  /** Device pixels of the tile, 1–65535: nothing better than it can show is forwarded. */
  width?: number;
  height?: number;
  maxFps?: number;
  /** 0–255, who comes first when slots or bandwidth are short. Default 200 for screens, else 100. */
  priority: number;
}

export interface Subscription {
  readonly participant: Participant;
  readonly publication: Publication;
  /** The m-line it flows through; null while it has none, and with a PlainTransport. */
  readonly mid: string | null;
  readonly state: SubscriptionState;
  /** Why it is not active, or, `bandwidth`, why it gets less than its tile could show. */
  readonly reason: SubscriptionReason;
  /** What flows now; null while nothing does, or while it is not known. */
  readonly layer: Layer | null;
  readonly settings: Readonly<SubscriptionSettings>;
  /**
   * Changes the given settings and keeps the others.
   * @throws PlenumError `bad_request` (nothing has changed), `closed`.
   */
  set(settings: Partial<SubscriptionSettings>): void;
  close(): void;
}

/** In place of a layer in the engine contract: all that there are. */
const NO_LAYER_LIMIT = 255;
const SCREEN_PRIORITY = 200;
const DEFAULT_PRIORITY = 100;

const LIMITS: Record<string, number> = {
  width: 0xffff,
  height: 0xffff,
  maxFps: 240,
  priority: 255,
};

/** What the engine was told last. */
interface Posted {
  active: boolean;
  pauseReason: SubscriptionReason;
  spatial: number;
  temporal: number;
  priority: number;
}

export class LiveSubscription implements Subscription {
  state: SubscriptionState = 'waiting';
  reason: SubscriptionReason = 'none';
  layer: Layer | null = null;
  settings: SubscriptionSettings;
  slot: Slot | null = null;
  #handle: Handle | null = null;
  /** The publication, as it is called on the shard of the subscriber. */
  #source: Handle | null = null;
  #outbound: Handle | null = null;
  #posted: Posted | null = null;
  /** What flows is less than the tile could show. */
  #isReduced = false;
  #isClosed = false;

  constructor(
    readonly participant: LiveParticipant,
    readonly publication: LivePublication,
  ) {
    const priority = publication.source === 'screen' ? SCREEN_PRIORITY : DEFAULT_PRIORITY;
    this.settings = { enabled: true, visible: true, priority };
    publication.subscriptions.add(this);
  }

  get mid(): string | null {
    return this.slot?.description.mid || null;
  }

  /** Whether media should flow. */
  get isWanted(): boolean {
    return this.settings.enabled && this.settings.visible;
  }

  /** Through a PlainTransport, which has no congestion control: the best layer flows. */
  get isPlain(): boolean {
    return this.slot?.description.mid === '';
  }

  /** The most that is to flow now; null: nothing, or nobody has said yet. */
  get aimed(): Layer | null {
    return this.#posted?.active ? this.#posted : null;
  }

  /** Whether the client takes it: it has a slot that was answered for. */
  get isConnected(): boolean {
    return this.#handle !== null;
  }

  set(settings: Partial<SubscriptionSettings>): void {
    assertOpen(this.#isClosed, 'subscription');
    checkSettings(settings);
    const wasWanted = this.isWanted;
    this.settings = { ...this.settings, ...settings };
    if (!this.isWanted) this.aim(null, 'hidden');
    if (this.isPlain) this.aimAtAll();
    else if (this.isWanted !== wasWanted) this.#allocate();
    else this.participant.subscribeTransport.downlink.request(DEBOUNCE_MS);
    this.publication.updateDemand();
    this.participant.subscribeTransport.assign();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.leaveSlot();
    this.publication.subscriptions.delete(this);
    this.participant.removeSubscription(this);
  }

  /** Media flows through this slot from now on, or as soon as the client has answered for it. */
  takeSlot(slot: Slot): void {
    this.slot = slot;
    slot.subscription = this;
    this.enter('waiting', 'none');
    if (slot.outbound !== null) this.connect(slot.outbound);
  }

  leaveSlot(): void {
    this.disconnect();
    if (this.slot) this.slot.subscription = null;
    this.slot = null;
  }

  /** Joins the publication to the slot's outbound in the engine. */
  connect(outbound: Handle): void {
    const { channel } = this.publication.core;
    const { shard, roomHandle } = this.participant;
    this.#source = this.publication.take(shard, roomHandle);
    this.#handle = channel.open('subscription', shard, (event) => this.#handleEvent(event));
    this.#outbound = outbound;
    this.#allocate();
  }

  disconnect(): void {
    const subscription = this.#handle;
    if (subscription === null) return;
    this.#handle = null;
    this.#posted = null;
    this.layer = null;
    const { channel } = this.publication.core;
    channel.close('subscription', subscription, { type: 'subscriptionClose', subscription });
    this.publication.release(this.participant.shard);
    this.publication.updateNeed();
  }

  enter(state: SubscriptionState, reason: SubscriptionReason, layer: Layer | null = null): void {
    const isSame =
      this.layer?.spatial === layer?.spatial && this.layer?.temporal === layer?.temporal;
    if (this.state === state && this.reason === reason && isSame) return;
    const wasLimited = this.reason === 'limit';
    this.state = state;
    this.reason = reason;
    this.layer = layer;
    if (wasLimited !== (reason === 'limit')) this.publication.updateDemand();
    this.publication.updateNeed();
    this.participant.emit('subscriptionState', this);
  }

  /** What the allocator gives it; null: paused. `bandwidth`: it is less than could be used. */
  aim(layer: Layer | null, reason: 'none' | 'bandwidth' | 'hidden'): void {
    this.#isReduced = reason === 'bandwidth';
    const target = layer ? this.#targetOf(layer) : this.#posted;
    const { spatial, temporal } = target ?? this.#limit;
    const pauseReason = reason === 'none' ? 'hidden' : reason;
    this.#post({ active: layer !== null, pauseReason, spatial, temporal });
    if (layer === null) this.enter('paused', pauseReason);
    else if (this.state === 'active') this.enter('active', this.#activeReason, this.layer);
  }

  /** For what is not allocated: audio, video that is muted, and what a PlainTransport sends. */
  aimAtAll(): void {
    if (!this.isWanted) {
      this.aim(null, 'hidden');
      return;
    }
    this.#isReduced = false;
    this.#post({ active: true, pauseReason: 'hidden', ...this.#limit });
  }

  #allocate(): void {
    const isAllocated = this.publication.kind === 'video' && !this.isPlain;
    if (isAllocated) this.participant.subscribeTransport.downlink.allocate();
    else this.aimAtAll();
  }

  get #activeReason(): SubscriptionReason {
    return this.#isReduced ? 'bandwidth' : 'none';
  }

  get #limit(): Layer {
    return this.settings.maxLayer ?? { spatial: NO_LAYER_LIMIT, temporal: NO_LAYER_LIMIT };
  }

  /** The best layer of its kind is asked for as all there are: more may come to be known. */
  #targetOf({ spatial, temporal }: Layer): Layer {
    const { rates } = this.publication.layering;
    const isOnly = !rates.some((layer) => layer.spatial !== spatial);
    const isBest = !rates.some((layer) => layer.spatial === spatial && layer.temporal > temporal);
    const limit = this.#limit;
    return {
      spatial: isOnly ? limit.spatial : Math.min(limit.spatial, spatial),
      temporal: isBest ? limit.temporal : Math.min(limit.temporal, temporal),
    };
  }

  #post(wanted: Omit<Posted, 'priority'>): void {
    const subscription = this.#handle;
    if (subscription === null) return;
    const before = this.#posted;
    const posted = { ...wanted, priority: this.settings.priority };
    this.#posted = posted;
    const { channel } = this.publication.core;
    this.publication.updateNeed();
    if (!before) this.#create(subscription, posted);
    // Why it begins paused is not said by its creation.
    const isTold = before
      ? isSame(before, posted)
      : posted.active || posted.pauseReason === 'hidden';
    if (!isTold) channel.post(subscription, { type: 'subscriptionSet', subscription, ...posted });
  }

  #create(subscription: Handle, { active, spatial, temporal }: Posted): void {
    const publication = this.#source as Handle;
    const outbound = this.#outbound as Handle;
    this.publication.core.channel.post(subscription, {
      ...{ type: 'subscriptionCreate', subscription, publication, outbound },
      ...{ active, spatial, temporal },
    });
  }

  #handleEvent(event: ObjectEvent): void {
    if (event.type !== 'subscriptionState') return;
    const { state, spatial, temporal } = event;
    if (state === 'active') {
      const layer = spatial === NO_LAYER_LIMIT ? null : { spatial, temporal };
      this.enter(state, this.#activeReason, layer);
      return;
    }
    // The engine knows no tiles: for it the subscription is just not active.
    const isHidden = state === 'paused' && !this.isWanted;
    this.enter(state, isHidden ? 'hidden' : event.reason);
  }
}

function isSame(a: Posted, b: Posted): boolean {
  return (
    a.active === b.active &&
    (a.active || a.pauseReason === b.pauseReason) &&
    a.spatial === b.spatial &&
    a.temporal === b.temporal &&
    a.priority === b.priority
  );
}

function checkSettings(settings: Partial<SubscriptionSettings>): void {
  const { maxLayer, enabled = true, visible = true } = settings;
  const isByte = (value: number) => Number.isInteger(value) && value >= 0 && value <= 255;
  const isWrong =
    typeof enabled !== 'boolean' ||
    typeof visible !== 'boolean' ||
    (maxLayer !== undefined && !(isByte(maxLayer.spatial) && isByte(maxLayer.temporal)));
  if (isWrong) throw new PlenumError('bad_request', 'subscription settings of another shape');
  for (const [name, limit] of Object.entries(LIMITS)) {
    const value = settings[name as keyof SubscriptionSettings] ?? 0;
    if (typeof value === 'number' && value >= 0 && value <= limit) continue;
    throw new PlenumError('bad_request', `${name} is no number from 0 to ${limit}`);
  }
}
