/** One publication on its way to another node. Not public. */
import type { Core } from './core.js';
import type { Handle } from './engine/handle.js';
import type { LinkSlot, LinkSlots } from './link-slots.js';
import {
  encodingsOf,
  hasSameShape,
  type LinkDemand,
  type LinkTrack,
  NO_DEMAND,
} from './link-track.js';
import { describeLinkCodecs } from './negotiation/link-codecs.js';
import type { LivePublication, Outlet, RemovalReason } from './publication.js';
import type { LiveRoom } from './room.js';

/** Rates of layers are told again after so long, when they moved by this much. */
const RATES_MS = 1000;
const RATE_RATIO = 1.1;

export interface SentEvents {
  /** What is to be told of it has changed. */
  track(track: LinkTrack): void;
  /** The publication has ended. */
  ended(publicationId: string, reason: RemovalReason): void;
}

export class SentTrack implements Outlet {
  /** As it was told last. */
  track: LinkTrack;
  #demand = NO_DEMAND;
  readonly #core: Core;
  readonly #room: LiveRoom;
  readonly #slots: LinkSlots;
  readonly #events: SentEvents;
  readonly #streams: readonly LinkSlot[];
  /** By encoding: those that cross. */
  readonly #subscriptions = new Map<number, Handle>();
  readonly #tell = () => this.#tellRates();
  #isTelling = false;
  #isClosed = false;

  /** @throws PlenumError `limit_reached`. */
  constructor(
    readonly publication: LivePublication,
    slots: LinkSlots,
    events: SentEvents,
  ) {
    this.#core = publication.core;
    this.#room = publication.participant.room;
    this.#slots = slots;
    this.#events = events;
    this.#streams = slots.take(publication.kind, publication.track.encodings.length);
    this.track = this.#describe();
    publication.outlets.add(this);
  }

  get top(): number {
    return this.#demand.top;
  }

  setDemand(demand: LinkDemand): void {
    this.#demand = demand;
    for (const encoding of this.#streams.keys()) {
      const isWanted = demand.encodings.includes(encoding);
      if (isWanted) this.#begin(encoding);
      else this.#stop(encoding);
    }
    this.publication.updateDemand();
  }

  handleChange(isUrgent: boolean): void {
    if (isUrgent) this.#tellSoon();
    else if (!this.#isTelling) {
      this.#isTelling = true;
      this.#core.timer.set(this.#tell, this.#core.clock.now() + RATES_MS);
    }
  }

  end(reason: RemovalReason): void {
    this.close();
    this.#events.ended(this.publication.id, reason);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#core.timer.set(this.#tell, Number.POSITIVE_INFINITY);
    for (const encoding of [...this.#subscriptions.keys()]) this.#stop(encoding);
    this.publication.outlets.delete(this);
    this.publication.updateDemand();
    this.#slots.give(this.#streams);
  }

  #begin(encoding: number): void {
    const slot = this.#streams[encoding];
    if (!slot || this.#subscriptions.has(encoding)) return;
    const { channel } = this.#core;
    const { shard, homeHandle } = this.#room;
    const subscription = channel.open('subscription', shard);
    this.#subscriptions.set(encoding, subscription);
    channel.post(subscription, {
      type: 'linkSubscriptionCreate',
      subscription,
      publication: this.publication.take(shard, homeHandle),
      outbound: this.#slots.outboundOf(slot),
      encoding,
    });
  }

  #stop(encoding: number): void {
    const subscription = this.#subscriptions.get(encoding);
    if (subscription === undefined) return;
    this.#subscriptions.delete(encoding);
    const command = { type: 'subscriptionClose', subscription } as const;
    this.#core.channel.close('subscription', subscription, command);
    this.publication.release(this.#room.shard);
  }

  /** Once for all that changes in this turn. */
  #tellSoon(): void {
    queueMicrotask(() => {
      if (this.#isClosed) return;
      const track = this.#describe();
      if (!hasSameShape(track, this.track)) this.#tellAs(track);
    });
  }

  #tellRates(): void {
    this.#isTelling = false;
    const track = this.#describe();
    const isMoved = track.layers.some(({ bitrateBps }, index) => {
      const before = this.track.layers[index]?.bitrateBps ?? 0;
      return bitrateBps > before * RATE_RATIO || bitrateBps < before / RATE_RATIO;
    });
    if (isMoved || !hasSameShape(track, this.track)) this.#tellAs(track);
  }

  #tellAs(track: LinkTrack): void {
    this.track = track;
    this.#events.track(track);
  }

  #describe(): LinkTrack {
    const { id, participant, cid, kind, source, muted, codec, layering, track } = this.publication;
    return {
      ...{ publicationId: id, participantId: participant.id, cid, kind, source, muted, codec },
      codecs: describeLinkCodecs(kind, track.codecs),
      encodings: encodingsOf(this.publication, this.#streams),
      layers: layering.isMeasured ? layering.rates.map((layer) => ({ ...layer })) : [],
    };
  }
}
