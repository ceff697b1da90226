/** The live presence of a meeting on this node. Its participants may be served by several shards. */
import { EventEmitter } from 'node:events';
import { assertOpen, type Core } from './core.js';
import { DEBOUNCE_MS } from './downlink.js';
import type { ObjectEvent } from './engine/channel.js';
import type { AudioLevelsEvent } from './engine/contract.gen.js';
import type { Handle } from './engine/handle.js';
import { PlenumError } from './errors.js';
import { EstimateMemory } from './estimate-memory.js';
import { type LinkAddress, type LinkOptions, LiveLink, type RoomLink } from './link.js';
import { LiveParticipant, type Participant, type ParticipantOptions } from './participant.js';
import type { LivePublication, Publication, RemovalReason } from './publication.js';
import type { ConnectionQuality } from './quality.js';
import { RoomShards } from './room-shards.js';
import { MAX_SLOTS } from './slot.js';
import { LiveTap, type Tap } from './tap.js';

export interface RoomOptions {
  /** 1–64 characters, unique on the node. */
  id: string;
  /** How often `speakers` is emitted while someone speaks, 50–10000. Default 200. */
  speakerIntervalMs?: number;
  /**
   * How many of the loudest audio tracks are forwarded, the dominant speaker's among them, 0–255;
   * 0: all. Default 3. Besides, and always: `screen_audio`, and tracks whose packets do not say how
   * loud they are. With no more tracks than this nobody is left out.
   */
  loudest?: number;
  /**
   * Leaves out the packets that only say that there is silence (Opus DTX) of all but the dominant
   * speaker; the refresh frames about twice a second pass. Default true.
   */
  gateSilence?: boolean;
  /** Open it even where the node takes no more: it was there before. Default false. */
  evenWhenFull?: boolean;
}

export interface Speakers {
  /** level: 0 (loudest) – 127 (silence), −dBov (RFC 6464); of a participant's loudest track. */
  items: { participantId: string; level: number; active: boolean }[];
  /** null: nobody speaks. */
  dominant: string | null;
}

export interface RoomEvents {
  publicationAdded: [publication: Publication];
  /** `muted`, `codec` or `layers` has changed. */
  publicationUpdated: [publication: Publication];
  publicationRemoved: [publication: Publication, reason: RemovalReason];
  speakers: [speakers: Speakers];
  /** Of everybody's connection, about every 2 s while somebody listens. */
  quality: [items: ConnectionQuality[]];
  participantLeft: [participant: Participant];
  close: [];
}

export interface Room extends EventEmitter<RoomEvents> {
  readonly id: string;
  /** Its home: the shard that tells who speaks, and that participants are placed on first. */
  readonly shard: number;
  readonly participants: ReadonlyMap<string, Participant>;
  readonly publications: ReadonlyMap<string, Publication>;
  /** To other nodes that serve the same room. */
  readonly links: ReadonlyMap<string, RoomLink>;
  /** Where its links are reached: what another node is told as `remote`. */
  readonly linkAddresses: readonly LinkAddress[];
  /**
   * A way to another node, which opens its own end: publications go over it in both directions.
   * @throws PlenumError `conflict` (the id or the keys' id is in use), `bad_request`,
   * `limit_reached`, `closed`.
   */
  openLink(options: LinkOptions): Promise<RoomLink>;
  /**
   * The packets of a publication in JavaScript of this process, for what has no seat in the room:
   * the best encoding with all its layers, of sound what the room lets be heard (all of it with
   * `loudest: 0, gateSilence: false`).
   * @throws PlenumError `unknown_publication`, `closed`.
   */
  tap(publicationId: string): Tap;
  /** @throws PlenumError `conflict` (id in use), `bad_request`, `no_capacity`, `closed`. */
  addParticipant(options: ParticipantOptions): Participant;
  /**
   * A participant gives work to the shard that it is placed on and to all that serve the room.
   * @throws PlenumError `no_capacity` when one would be refused now; `closed`.
   */
  checkCapacity(): void;
  close(): void;
}

const DEFAULT_SPEAKER_INTERVAL_MS = 200;
const DEFAULT_LOUDEST = 3;
const MAX_ID_LENGTH = 64;
/** Nodes that one room is linked to: more than there are regions. */
const MAX_LINKS = 32;

export class LiveRoom extends EventEmitter<RoomEvents> implements Room {
  readonly id: string;
  readonly shard: number;
  readonly participants = new Map<string, LiveParticipant>();
  readonly publications = new Map<string, LivePublication>();
  readonly links = new Map<string, LiveLink>();
  /** Who was dominant, the last one first. */
  readonly speakers: string[] = [];
  readonly estimates = new EstimateMemory();
  readonly #core: Core;
  readonly #closed: (room: LiveRoom) => void;
  readonly #shards: RoomShards;
  /** To find who speaks: as they are called at the home. */
  readonly #byHandle = new Map<Handle, LivePublication>();
  #isClosed = false;

  constructor(core: Core, options: RoomOptions, closed: (room: LiveRoom) => void) {
    super();
    this.id = checkId(options.id);
    const speakerIntervalMs = options.speakerIntervalMs ?? DEFAULT_SPEAKER_INTERVAL_MS;
    if (!isIntegerIn(speakerIntervalMs, 50, 10_000)) {
      throw new PlenumError('bad_request', 'speakerIntervalMs is no integer from 50 to 10000');
    }
    const { loudest = DEFAULT_LOUDEST, gateSilence = true } = options;
    if (!isIntegerIn(loudest, 0, 255)) {
      throw new PlenumError('bad_request', 'loudest is no integer from 0 to 255');
    }
    this.#core = core;
    this.#closed = closed;
    this.shard = core.placement.leastLoaded();
    const settings = { speakerIntervalMs, loudest, gateSilence };
    this.#shards = new RoomShards(core, this.shard, settings, (event) => this.#handleEvent(event));
  }

  addParticipant(options: ParticipantOptions): LiveParticipant {
    assertOpen(this.#isClosed, 'room');
    if (this.participants.has(checkId(options.id))) throw new PlenumError('conflict');
    const { audio, video } = options.slots ?? { audio: 0, video: 0 };
    if (!isIntegerIn(audio, 0, MAX_SLOTS) || !isIntegerIn(video, 0, MAX_SLOTS)) {
      throw new PlenumError('bad_request', `slots are no integers from 0 to ${MAX_SLOTS}`);
    }
    if (!options.evenWhenFull) this.checkCapacity();
    const participant = new LiveParticipant(this.#core, this, options);
    this.participants.set(participant.id, participant);
    this.#core.admission.enter();
    if (participant.autoSubscribe) {
      for (const publication of this.publications.values()) {
        if (publication.participant.id !== participant.id) participant.subscribe(publication.id);
      }
    }
    return participant;
  }

  get linkAddresses(): readonly LinkAddress[] {
    return this.#core
      .linkAddressesOf(this.shard)
      .filter(({ protocol }) => protocol === 'udp')
      .map(({ address, port }) => ({ address, port }));
  }

  async openLink(options: LinkOptions): Promise<RoomLink> {
    assertOpen(this.#isClosed, 'room');
    if (this.links.has(checkId(options.id))) throw new PlenumError('conflict');
    if (this.links.size >= MAX_LINKS) throw new PlenumError('limit_reached', 'too many links');
    const link = new LiveLink(this.#core, this, options);
    this.links.set(link.id, link);
    await link.open(options);
    return link;
  }

  tap(publicationId: string): Tap {
    assertOpen(this.#isClosed, 'room');
    const publication = this.publications.get(publicationId);
    if (!publication) throw new PlenumError('unknown_publication');
    return new LiveTap(publication);
  }

  checkCapacity(): void {
    assertOpen(this.#isClosed, 'room');
    const { placement, admission } = this.#core;
    admission.check([...this.#shards.served, placement.forParticipant(this.shard)]);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const participant of [...this.participants.values()]) participant.end('room_closed');
    for (const link of [...this.links.values()]) link.endAll('room_closed');
    this.#shards.close();
    this.#closed(this);
    this.emit('close');
  }

  /** The room, as it is called at its home. */
  get homeHandle(): Handle {
    return this.#shards.handleOn(this.shard);
  }

  /** A shard for one more participant, and the room there. */
  enter(): { shard: number; room: Handle } {
    const shard = this.#core.placement.forParticipant(this.shard);
    const isFirst = this.#shards.enter(shard);
    if (isFirst)
      for (const publication of this.publications.values()) this.#relay(publication, shard);
    return { shard, room: this.#shards.handleOn(shard) };
  }

  /** Sound goes wherever somebody is, heard or not: who is among the loudest is decided there. */
  #relay(publication: LivePublication, shard: number): void {
    if (publication.kind === 'audio') publication.take(shard, this.#shards.handleOn(shard));
  }

  addPublication(publication: LivePublication): void {
    this.publications.set(publication.id, publication);
    for (const shard of this.#shards.served) this.#relay(publication, shard);
    const spoken = publication.handleOn(this.shard);
    if (spoken !== null) this.#byHandle.set(spoken, publication);
    this.emit('publicationAdded', publication);
    for (const participant of this.participants.values()) {
      if (participant.id === publication.participant.id || !participant.autoSubscribe) continue;
      participant.subscribe(publication.id);
    }
  }

  removePublication(publication: LivePublication, reason: RemovalReason): void {
    this.publications.delete(publication.id);
    for (const [handle, known] of this.#byHandle) {
      if (known === publication) this.#byHandle.delete(handle);
    }
    this.emit('publicationRemoved', publication, reason);
  }

  removeParticipant(participant: LiveParticipant): void {
    const spoken = this.speakers.indexOf(participant.id);
    if (spoken >= 0) this.speakers.splice(spoken, 1);
    this.participants.delete(participant.id);
    this.#core.admission.leave();
    const isLast = this.#shards.leave(participant.shard);
    if (isLast) {
      for (const publication of this.publications.values()) {
        if (publication.kind === 'audio') publication.release(participant.shard);
      }
    }
    this.emit('participantLeft', participant);
  }

  #handleEvent(event: ObjectEvent): void {
    if (event.type !== 'audioLevels') return;
    const speakers = this.#speakers(event);
    if (speakers.dominant !== null) this.#noteDominant(speakers.dominant);
    this.emit('speakers', speakers);
  }

  /** Who spoke last comes first in every subscriber's allocation. */
  #noteDominant(participantId: string): void {
    if (this.speakers[0] === participantId) return;
    const before = this.speakers.indexOf(participantId);
    if (before >= 0) this.speakers.splice(before, 1);
    this.speakers.unshift(participantId);
    for (const { subscribeTransport } of this.participants.values()) {
      subscribeTransport.downlink.request(DEBOUNCE_MS);
    }
  }

  #speakers({ levels, dominant }: AudioLevelsEvent): Speakers {
    const loudest = new Map<string, Speakers['items'][number]>();
    for (const { publication, level, active } of levels) {
      const participantId = this.#byHandle.get(publication)?.participant.id;
      if (participantId === undefined) continue;
      const known = loudest.get(participantId);
      if (known && known.level <= level) continue;
      loudest.set(participantId, { participantId, level, active });
    }
    return {
      items: [...loudest.values()],
      dominant: this.#byHandle.get(dominant)?.participant.id ?? null,
    };
  }
}

function checkId(id: string): string {
  if (typeof id === 'string' && id.length >= 1 && id.length <= MAX_ID_LENGTH) return id;
  throw new PlenumError('bad_request', `an id is 1 to ${MAX_ID_LENGTH} characters long`);
}

function isIntegerIn(value: number, lowest: number, highest: number): boolean {
  return Number.isInteger(value) && value >= lowest && value <= highest;
}
