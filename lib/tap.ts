/**
 * A publication's packets in JavaScript of this process, for what is no participant: a recorder at
 * the far end of a link. The engine chooses layers and rewrites numbers as for any subscriber.
 */
import { EventEmitter } from 'node:events';
import { assertOpen } from './core.js';
import type { ObjectEvent } from './engine/channel.js';
import type { TappedPacketEvent } from './engine/contract.gen.js';
import type { Handle } from './engine/handle.js';
import type { PlenumError } from './errors.js';
import type { CodecName } from './negotiation/codecs.js';
import type { Layer, LivePublication } from './publication.js';

export interface TappedPacket {
  /**
   * Unwrapped, from 0 on, of one stream whatever layers, SSRCs and codecs change. Holes are what was
   * lost or comes later: what was repaired keeps its number. Never the same twice.
   */
  sequence: number;
  /** Unwrapped RTP timestamp in ticks of the codec's clock; goes on over all changes. */
  timestamp: number;
  marker: boolean;
  codec: CodecName;
  /** RTP payload without padding, of RED the Opus in it; the listener's own. */
  payload: Uint8Array;
  /** Engine clock (`node.now()`), µs: when it came to this node. */
  arrivedUs: number;
  /** Engine clock, µs: when it was captured, by sender reports; null: not known yet. */
  capturedUs: number | null;
}

export interface TapEvents {
  /** What has come, about every 20 ms while anything does. */
  packets: [packets: readonly TappedPacket[]];
  /** The last one: by `close`, or because the publication has ended, after its last packets. */
  close: [];
}

export interface Tap extends EventEmitter<TapEvents> {
  readonly publicationId: string;
  /** Packets that found no room on their way to JavaScript, which was too slow. */
  readonly dropped: number;
  /** Of video; the engine throttles, and asks by itself at the start. @throws PlenumError `closed`. */
  requestKeyFrame(): void;
  /** At once: no packet comes any more. */
  close(): void;
}

/** In place of a layer in the engine contract: all that there are, and none. */
const EVERY_LAYER: Layer = { spatial: 255, temporal: 255 };
const NO_LAYER = 255;

export class LiveTap extends EventEmitter<TapEvents> implements Tap {
  dropped = 0;
  /** What flows now; null while nothing does, or while it is not known. */
  layer: Layer | null = null;
  readonly aimed = EVERY_LAYER;
  readonly isConnected = true;
  readonly #publication: LivePublication;
  readonly #handle: Handle;
  readonly #shard: number;
  /** Of this turn. */
  #packets: TappedPacket[] = [];
  #state: 'open' | 'ending' | 'closed' = 'open';

  constructor(publication: LivePublication) {
    super();
    this.#publication = publication;
    const { core, track } = publication;
    const { shard, homeHandle } = publication.participant.room;
    this.#shard = shard;
    const subscription = core.channel.open('subscription', shard, (event) =>
      this.#handleEvent(event),
    );
    this.#handle = subscription;
    core.channel.post(subscription, {
      type: 'tapCreate',
      subscription,
      publication: publication.take(shard, homeHandle),
      codecs: track.codecs.filter(({ codec }) => codec !== 'red'),
    });
    publication.taps.add(this);
    publication.updateDemand();
  }

  get publicationId(): string {
    return this.#publication.id;
  }

  requestKeyFrame(): void {
    assertOpen(this.#state !== 'open', 'tap');
    this.#publication.requestKeyFrame();
  }

  close(): void {
    if (this.#state === 'closed') return;
    const isEnding = this.#state === 'ending';
    this.#state = 'closed';
    this.#packets = [];
    const subscription = this.#handle;
    const { channel } = this.#publication.core;
    // When it ends already the answer to that gives the handle back.
    if (!isEnding) {
      channel.close('subscription', subscription, { type: 'subscriptionClose', subscription });
      this.#leave();
    }
    this.emit('close');
  }

  /** The publication ends: what was captured before still comes. */
  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ending';
    const { core } = this.#publication;
    const subscription = this.#handle;
    const ended = core.channel.request(subscription, { type: 'subscriptionClose', subscription });
    this.#leave();
    ended
      .catch((error: PlenumError) => {
        if (error.code !== 'engine_closed') core.refused(error);
      })
      .finally(() => this.#finish());
  }

  #leave(): void {
    this.#publication.release(this.#shard);
    this.#publication.taps.delete(this);
    this.#publication.updateDemand();
  }

  #finish(): void {
    this.#publication.core.channel.forget('subscription', this.#handle);
    if (this.#state === 'closed') return;
    this.#hand();
    this.#state = 'closed';
    this.emit('close');
  }

  #handleEvent(event: ObjectEvent): void {
    if (event.type === 'tappedPacket') this.#take(event);
    if (event.type === 'tapOverflow') this.dropped += event.packets;
    if (event.type !== 'subscriptionState') return;
    const { state, spatial, temporal } = event;
    this.layer = state === 'active' && spatial !== NO_LAYER ? { spatial, temporal } : null;
    this.#publication.updateNeed();
  }

  #take(event: TappedPacketEvent): void {
    if (this.#state === 'closed') return;
    const { sequence, timestamp, marker, payload, arrivedUs, capturedUs } = event;
    // All that come in one buffer of events are handed on together.
    if (this.#packets.length === 0) queueMicrotask(() => this.#hand());
    this.#packets.push({
      ...{ sequence, timestamp, marker, codec: event.codec as CodecName, payload },
      ...{ arrivedUs, capturedUs: Number.isNaN(capturedUs) ? null : capturedUs },
    });
  }

  #hand(): void {
    const packets = this.#packets;
    const last = packets.at(-1);
    if (!last) return;
    this.#packets = [];
    this.#publication.core.engineClock.learn(last.arrivedUs);
    this.emit('packets', packets);
  }
}
