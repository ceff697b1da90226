/** The shards that serve a room: on each it has a handle of its own. Not public. */
import type { Core } from './core.js';
import type { ObjectEvent } from './engine/channel.js';
import type { RoomCreateCommand } from './engine/contract.gen.js';
import type { Handle } from './engine/handle.js';

export type RoomSettings = Pick<RoomCreateCommand, 'speakerIntervalMs' | 'loudest' | 'gateSilence'>;

interface OnShard {
  handle: Handle;
  participants: number;
}

export class RoomShards {
  readonly #core: Core;
  readonly #home: number;
  readonly #settings: RoomSettings;
  readonly #shards = new Map<number, OnShard>();

  /** `heard`: what the home says, which alone tells who speaks. */
  constructor(
    core: Core,
    home: number,
    settings: RoomSettings,
    heard: (event: ObjectEvent) => void,
  ) {
    this.#core = core;
    this.#home = home;
    this.#settings = settings;
    this.#open(home, heard);
    core.placement.enter(home);
  }

  /** Those with participants, and the home. */
  get served(): number[] {
    return [...this.#shards]
      .filter(([shard, { participants }]) => shard === this.#home || participants > 0)
      .map(([shard]) => shard);
  }

  handleOn(shard: number): Handle {
    return (this.#shards.get(shard) ?? this.#open(shard)).handle;
  }

  /** Of one more participant. True: it is the first there. */
  enter(shard: number): boolean {
    this.#core.placement.enter(shard);
    const handle = this.handleOn(shard);
    const participants = (this.#shards.get(shard)?.participants ?? 0) + 1;
    this.#shards.set(shard, { handle, participants });
    return participants === 1 && shard !== this.#home;
  }

  /** True: it was the last there. The room stays, for others to come. */
  leave(shard: number): boolean {
    this.#core.placement.leave(shard);
    const on = this.#shards.get(shard);
    if (!on) return false;
    on.participants--;
    return on.participants === 0 && shard !== this.#home;
  }

  close(): void {
    for (const { handle: room } of this.#shards.values()) {
      this.#core.channel.close('room', room, { type: 'roomClose', room });
    }
    this.#core.placement.leave(this.#home);
  }

  #open(shard: number, heard?: (event: ObjectEvent) => void): OnShard {
    const { channel } = this.#core;
    const room = channel.open('room', shard, heard);
    const isHome = shard === this.#home;
    channel.post(room, { type: 'roomCreate', room, ...this.#settings, isHome });
    const on = { handle: room, participants: 0 };
    this.#shards.set(shard, on);
    return on;
  }
}
