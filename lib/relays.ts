/**
 * On which shards a publication is: its own, and those that it is relayed to, each under a handle
 * of its own. Sound is relayed to every shard of the room, video while somebody there subscribes
 * to it. Not public.
 */
import type { Core } from './core.js';
import type { Handle } from './engine/handle.js';
import type { OfferedTrack } from './negotiation/publish.js';

/** What of a publication crosses with it. */
export interface RelaySource {
  readonly core: Core;
  readonly handle: Handle;
  readonly track: OfferedTrack;
  readonly isAlwaysForwarded: boolean;
}

interface Relay {
  handle: Handle;
  users: number;
}

export class Relays {
  readonly #source: RelaySource;
  /** By shard. */
  readonly #relays = new Map<number, Relay>();

  constructor(source: RelaySource) {
    this.#source = source;
  }

  handleOn(shard: number): Handle | null {
    return this.#relays.get(shard)?.handle ?? null;
  }

  /** Its handle on another shard, on which it is from now on; as often released as taken. */
  take(shard: number, room: Handle): Handle {
    const known = this.#relays.get(shard) ?? this.#open(shard, room);
    known.users++;
    return known.handle;
  }

  /** After everything that stands on it there is closed. */
  release(shard: number): void {
    const relay = this.#relays.get(shard);
    if (!relay || --relay.users > 0) return;
    this.#relays.delete(shard);
    this.#close(relay.handle);
  }

  close(): void {
    for (const { handle } of this.#relays.values()) this.#close(handle);
    this.#relays.clear();
  }

  #open(shard: number, room: Handle): Relay {
    const { core, handle: publication, track, isAlwaysForwarded } = this.#source;
    const handle = core.channel.open('publication', shard);
    const relay = { handle, users: 0 };
    this.#relays.set(shard, relay);
    core.channel.post(publication, { type: 'relayCreate', publication, to: handle });
    core.channel.post(handle, {
      type: 'relayedPublicationCreate',
      publication: handle,
      room,
      origin: publication,
      kind: track.kind,
      codecs: track.codecs,
      encodings: track.encodings.length,
      alwaysForwarded: isAlwaysForwarded,
    });
    return relay;
  }

  #close(handle: Handle): void {
    const { core, handle: publication } = this.#source;
    core.channel.post(publication, { type: 'relayClose', publication, to: handle });
    core.channel.close('publication', handle, { type: 'publicationClose', publication: handle });
  }
}
