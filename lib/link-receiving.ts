/** A publication of another node, and whose it is there. Not public. */
import type { Core } from './core.js';
import type { Handle } from './engine/handle.js';
import { PlenumError } from './errors.js';
import {
  declarationOf,
  type LinkDemand,
  type LinkTrack,
  NO_DEMAND,
  offeredOf,
} from './link-track.js';
import { readLinkCodecs } from './negotiation/link-codecs.js';
import { LivePublication, type LivePublisher } from './publication.js';
import type { LiveRoom } from './room.js';

export interface ReceivedEvents {
  demand(publicationId: string, demand: LinkDemand): void;
  /** It was closed on this side, or with the link. */
  closed(publicationId: string): void;
}

/** Its participant is one of another node: no transport, no subscription and no seat here. */
export class ReceivedTrack implements LivePublisher {
  readonly id: string;
  readonly isDistant = true;
  readonly shard: number;
  readonly roomHandle: Handle;
  readonly publication: LivePublication;
  /** As it was told last. */
  demand = NO_DEMAND;
  readonly #events: ReceivedEvents;
  #usable = -1;
  #isTelling = false;

  /** @throws PlenumError `codec_unsupported`. */
  constructor(
    core: Core,
    readonly room: LiveRoom,
    readonly track: LinkTrack,
    events: ReceivedEvents,
  ) {
    this.id = track.participantId;
    this.shard = room.shard;
    this.roomHandle = room.homeHandle;
    this.#events = events;
    const codecs = readLinkCodecs(track.kind, track.codecs);
    this.publication = new LivePublication(
      ...([core, track.publicationId, this, declarationOf(track)] as const),
      offeredOf(track, codecs),
    );
  }

  /** In the engine, and in the room. */
  open(transport: Handle): void {
    const { publication, track } = this;
    publication.codec = track.codec;
    publication.layering.adopt(track.layers);
    publication.openAtOnce(transport);
    this.#postUsable();
    publication.watchDemand();
    this.room.addPublication(publication);
    publication.updateDemand();
  }

  /** @throws PlenumError `conflict` (it would cross as other streams than before). */
  update(track: LinkTrack): void {
    const streams = ({ encodings }: LinkTrack) =>
      encodings.map(({ ssrc, rtxSsrc }) => `${ssrc} ${rtxSsrc}`).join();
    if (streams(track) !== streams(this.track) || track.kind !== this.track.kind) {
      throw new PlenumError('conflict', 'the publication crosses as other streams');
    }
    const { publication } = this;
    publication.setMuted(track.muted);
    publication.enterCodec(track.codec);
    publication.adoptLayers(track.layers);
    this.#postUsable();
  }

  removePublication(): void {
    this.#events.closed(this.publication.id);
  }

  /** Once for all that changes in this turn. */
  tellDemand(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      const demand = this.publication.isClosed ? NO_DEMAND : this.publication.distantDemand;
      if (JSON.stringify(demand) === JSON.stringify(this.demand)) return;
      this.demand = demand;
      this.#events.demand(this.publication.id, demand);
    });
  }

  /** Which encodings deliver: what is not sent here cannot be seen here to be alive. */
  #postUsable(): void {
    const { core, handle, kind, layering, track } = this.publication;
    if (kind === 'audio') return;
    const usable = track.encodings.reduce(
      (bits, _, index) => (layering.isAlive(index) ? bits | (1 << index) : bits),
      0,
    );
    if (usable === this.#usable) return;
    this.#usable = usable;
    core.channel.post(handle, {
      type: 'publicationSetUsable',
      publication: handle,
      encodings: usable,
    });
  }
}
