/**
 * The streams that a link sends: SSRCs in which encodings of publications take turns, so that a link
 * of many hours uses no more of them than were in use at a time. Not public.
 */
import { type Core, newCname, newSsrc } from './core.js';
import { type Handle, shardOf } from './engine/handle.js';
import { PlenumError } from './errors.js';
import { linkCodecs } from './negotiation/link-codecs.js';
import type { MediaKind } from './publication.js';

/** Half of kMaxLinkSsrcs (native/transport/association.h): each has one for RTX. */
export const MAX_LINK_STREAMS = 2048;
/**
 * Before another publication takes a stream: what is still on its way must not be taken for that
 * one's, and the other node shall have heard that the first has ended.
 */
const REST_MS = 5000;

export interface LinkSlot {
  readonly kind: MediaKind;
  readonly ssrc: number;
  readonly rtxSsrc: number;
  /** In the engine since it was first used: it keeps the numbering. */
  outbound: Handle | null;
}

interface Resting {
  slot: LinkSlot;
  untilMs: number;
}

export class LinkSlots {
  readonly #core: Core;
  readonly #transport: Handle;
  readonly #cname = newCname();
  readonly #all: LinkSlot[] = [];
  /** The longest first. */
  #resting: Resting[] = [];

  constructor(core: Core, transport: Handle) {
    this.#core = core;
    this.#transport = transport;
  }

  /** @throws PlenumError `limit_reached`. */
  take(kind: MediaKind, count: number): LinkSlot[] {
    const rested = this.#rested(kind).slice(0, count);
    const missing = count - rested.length;
    if (this.#all.length + missing > MAX_LINK_STREAMS) {
      throw new PlenumError('limit_reached', 'the link has too many streams');
    }
    this.#resting = this.#resting.filter(({ slot }) => !rested.includes(slot));
    const added = Array.from({ length: missing }, () => this.#add(kind));
    return [...rested, ...added];
  }

  give(slots: readonly LinkSlot[]): void {
    const untilMs = this.#core.clock.now() + REST_MS;
    this.#resting.push(...slots.map((slot) => ({ slot, untilMs })));
  }

  /** The way to the other node that a subscription stands on. */
  outboundOf(slot: LinkSlot): Handle {
    slot.outbound ??= this.#open(slot);
    return slot.outbound;
  }

  close(): void {
    const { channel } = this.#core;
    for (const { outbound } of this.#all) {
      if (outbound === null) continue;
      channel.close('outbound', outbound, { type: 'outboundClose', outbound });
    }
  }

  #rested(kind: MediaKind): LinkSlot[] {
    const now = this.#core.clock.now();
    return this.#resting
      .filter(({ slot, untilMs }) => slot.kind === kind && untilMs <= now)
      .map(({ slot }) => slot);
  }

  #add(kind: MediaKind): LinkSlot {
    const ssrc = this.#newSsrc();
    const slot: LinkSlot = { kind, ssrc, rtxSsrc: this.#newSsrc(ssrc), outbound: null };
    this.#all.push(slot);
    return slot;
  }

  #newSsrc(besides = 0): number {
    for (;;) {
      const ssrc = newSsrc();
      const isTaken = this.#all.some((slot) => slot.ssrc === ssrc || slot.rtxSsrc === ssrc);
      if (!isTaken && ssrc !== besides) return ssrc;
    }
  }

  #open({ kind, ssrc, rtxSsrc }: LinkSlot): Handle {
    const { channel } = this.#core;
    const outbound = channel.open('outbound', shardOf(this.#transport));
    channel.post(outbound, {
      ...{ type: 'outboundCreate', outbound, transport: this.#transport },
      ...{ kind, mid: '', ssrc, rtxSsrc, cname: this.#cname, codecs: linkCodecs(kind) },
    });
    return outbound;
  }
}
