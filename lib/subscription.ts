/** One participant's reception of a publication. */
import { assertOpen } from './core.js';
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
  /** Device pixels of the tile, 1–65535; kept for the choice of layers. */
  width?: number;
  height?: number;
  maxFps?: number;
  /** 0–255, who gets a slot when there are too few. Default 200 for screens, else 100. */
  priority: number;
}

export interface Subscription {
  readonly participant: Participant;
  readonly publication: Publication;
  /** The m-line it flows through; null while it has none. */
  readonly mid: string | null;
  readonly state: SubscriptionState;
  /** Why it is not active. */
  readonly reason: SubscriptionReason;
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

export class LiveSubscription implements Subscription {
  state: SubscriptionState = 'waiting';
  reason: SubscriptionReason = 'none';
  settings: SubscriptionSettings;
  slot: Slot | null = null;
  #handle: Handle | null = null;
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
    return this.slot?.description.mid ?? null;
  }

  /** Whether media should flow. */
  get isWanted(): boolean {
    return this.settings.enabled && this.settings.visible;
  }

  set(settings: Partial<SubscriptionSettings>): void {
    assertOpen(this.#isClosed, 'subscription');
    checkSettings(settings);
    this.settings = { ...this.settings, ...settings };
    if (this.#handle !== null) this.#postSettings(this.#handle);
    if (!this.isWanted) this.enter('paused', 'hidden');
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
    const handle = channel.open('subscription', this.participant.room.shard, (event) =>
      this.#handleEvent(event),
    );
    this.#handle = handle;
    channel.post(handle, {
      type: 'subscriptionCreate',
      subscription: handle,
      publication: this.publication.handle,
      outbound,
      active: this.isWanted,
      ...this.#target,
    });
  }

  disconnect(): void {
    const subscription = this.#handle;
    if (subscription === null) return;
    this.#handle = null;
    const { channel } = this.publication.core;
    channel.close('subscription', subscription, { type: 'subscriptionClose', subscription });
  }

  enter(state: SubscriptionState, reason: SubscriptionReason): void {
    if (this.state === state && this.reason === reason) return;
    this.state = state;
    this.reason = reason;
    this.participant.emit('subscriptionState', this);
  }

  get #target(): Layer {
    return this.settings.maxLayer ?? { spatial: NO_LAYER_LIMIT, temporal: NO_LAYER_LIMIT };
  }

  #postSettings(subscription: Handle): void {
    this.publication.core.channel.post(subscription, {
      type: 'subscriptionSet',
      subscription,
      active: this.isWanted,
      pauseReason: 'hidden',
      ...this.#target,
      priority: this.settings.priority,
    });
  }

  #handleEvent(event: ObjectEvent): void {
    if (event.type !== 'subscriptionState') return;
    // The engine knows no tiles: for it the subscription is just not active.
    const isHidden = event.state === 'paused' && !this.isWanted;
    this.enter(event.state, isHidden ? 'hidden' : event.reason);
  }
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
