/**
 * A way to another node that serves the same room: publications of either reach subscribers of the
 * other over it, each encoding once, under SRTP. The two ends share nothing but media: what they
 * have to tell each other is plain data, which the application carries (docs/library.md).
 */
import { randomBytes, randomInt } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { isIP } from 'node:net';
import { assertOpen, type Core } from './core.js';
import type { ObjectEvent } from './engine/channel.js';
import type { Handle } from './engine/handle.js';
import { PlenumError } from './errors.js';
import { ReceivedTrack } from './link-receiving.js';
import { SentTrack } from './link-sending.js';
import { LinkSlots, MAX_LINK_STREAMS } from './link-slots.js';
import { checkDemand, checkTrack, type LinkDemand, type LinkTrack } from './link-track.js';
import { LINK_EXTENSIONS } from './negotiation/link-codecs.js';
import type { Publication, RemovalReason } from './publication.js';
import type { LiveRoom } from './room.js';

export interface LinkAddress {
  /** Literal IPv4 or IPv6 address. */
  address: string;
  port: number;
}

/** Of one end of a link: AEAD_AES_128_GCM (RFC 7714), another key for each direction. */
export interface LinkKeys {
  /** Tells apart the links between two addresses; the same at both ends, 0 to 2^32 − 1. */
  id: number;
  /** Master key and salt, 28 bytes each. */
  send: Uint8Array;
  receive: Uint8Array;
}

/** New random keys, of either end. Never for two links: a key that is used again gives both away. */
export function createLinkKeys(): [LinkKeys, LinkKeys] {
  const id = randomInt(2 ** 32);
  const [there, back] = [randomBytes(KEY_LENGTH), randomBytes(KEY_LENGTH)];
  return [
    { id, send: there, receive: back },
    { id, send: back, receive: there },
  ];
}

export interface LinkOptions {
  /** 1–64 characters, unique in the room. */
  id: string;
  /** Of the other node's room: one of its `linkAddresses`. What comes from elsewhere is dropped. */
  remote: LinkAddress;
  keys: LinkKeys;
  /** Which of the node's UDP addresses, as bound. Default: the first one of the remote's family. */
  address?: string;
}

/** `silent`: the two ends do not hear each other, or not yet; media waits. It heals by itself. */
export type LinkState = 'silent' | 'connected' | 'closed';

export interface LinkEvents {
  state: [state: LinkState];
  /** Something about what is sent has changed: for `receive` at the other end. */
  track: [track: LinkTrack];
  /** What was sent has ended: for `end` at the other end. */
  ended: [publicationId: string, reason: RemovalReason];
  /** What is needed here of what is received: for `setDemand` at the other end. */
  demand: [publicationId: string, demand: LinkDemand];
  close: [];
}

export interface RoomLink extends EventEmitter<LinkEvents> {
  readonly id: string;
  readonly state: LinkState;
  /** By publication id, as it was told last. */
  readonly sent: ReadonlyMap<string, LinkTrack>;
  /** By publication id, as it was told last. */
  readonly demands: ReadonlyMap<string, LinkDemand>;
  /**
   * Offers a publication of this node to the other one; what is returned, and each later `track`,
   * is for `receive` there. Nothing crosses before `setDemand`. Given back when it is offered.
   * @throws PlenumError `unknown_publication`, `bad_request` (it is another node's), `limit_reached`,
   * `closed`.
   */
  send(publicationId: string): LinkTrack;
  /** It is not sent any more; nothing happens when it is not. */
  stop(publicationId: string): void;
  /** What the other end needs of what is sent here. Nothing happens when it is not sent any more. */
  setDemand(publicationId: string, demand: LinkDemand): void;
  /**
   * A publication of the other node is one of this room from now on, or is now as `track` says.
   * @throws PlenumError `bad_request`, `conflict` (there is another publication of this id, or it
   * crosses as other streams), `codec_unsupported`, `limit_reached`, `closed`.
   */
  receive(track: LinkTrack): Publication;
  /** It has ended there; nothing happens when it is not received. Default: `ended`. */
  end(publicationId: string, reason?: RemovalReason): void;
  /** What came over it ends here (`ended`); the other end goes on sending until it is closed. */
  close(): void;
}

const KEY_LENGTH = 28;

export class LiveLink extends EventEmitter<LinkEvents> implements RoomLink {
  readonly id: string;
  state: LinkState = 'silent';
  readonly handle: Handle;
  readonly #core: Core;
  readonly #room: LiveRoom;
  readonly #local: LinkAddress;
  readonly #slots: LinkSlots;
  readonly #sent = new Map<string, SentTrack>();
  readonly #received = new Map<string, ReceivedTrack>();

  /** @throws PlenumError `bad_request`. */
  constructor(core: Core, room: LiveRoom, options: LinkOptions) {
    super();
    const { id, address, remote } = options;
    this.id = id;
    checkRemote(remote);
    checkKeys(options.keys);
    const local = core.boundOf(room.shard).find((bound) => {
      const isFamily = isIP(bound.address) === isIP(remote.address);
      return bound.protocol === 'udp' && isFamily && bound.address === (address ?? bound.address);
    });
    if (!local) throw new PlenumError('bad_request', 'the node is not bound to such an address');
    this.#core = core;
    this.#room = room;
    this.#local = { address: local.address, port: local.port };
    this.handle = core.channel.open('transport', room.shard, (event) => this.#handleEvent(event));
    this.#slots = new LinkSlots(core, this.handle);
  }

  /** Asks the engine for it. @throws PlenumError `conflict`, `closed` (meanwhile). */
  async open({ remote, keys }: LinkOptions): Promise<void> {
    const { channel } = this.#core;
    const transport = this.handle;
    const extensions = [...LINK_EXTENSIONS];
    const created = channel.request(transport, {
      type: 'linkCreate',
      transport,
      room: this.#room.homeHandle,
      localIp: this.#local.address,
      localPort: this.#local.port,
      remoteIp: remote.address,
      remotePort: remote.port,
      keyId: keys.id,
      inboundKey: keys.receive,
      outboundKey: keys.send,
    });
    try {
      await created;
    } catch (error) {
      this.#abandon();
      if (!(error as Error).message.endsWith('wrong_state')) throw error;
      throw new PlenumError('conflict', 'another link has this address and these keys');
    }
    assertOpen(this.state === 'closed', 'link');
    channel.post(transport, {
      type: 'transportSetExtensions',
      transport,
      receive: extensions,
      send: extensions,
    });
  }

  get sent(): ReadonlyMap<string, LinkTrack> {
    return new Map([...this.#sent].map(([id, { track }]) => [id, track]));
  }

  get demands(): ReadonlyMap<string, LinkDemand> {
    return new Map([...this.#received].map(([id, { demand }]) => [id, demand]));
  }

  send(publicationId: string): LinkTrack {
    assertOpen(this.state === 'closed', 'link');
    const known = this.#sent.get(publicationId);
    if (known) return known.track;
    const publication = this.#room.publications.get(publicationId);
    if (!publication) throw new PlenumError('unknown_publication');
    if (publication.participant.isDistant) {
      throw new PlenumError('bad_request', 'a publication of another node');
    }
    const sent = new SentTrack(publication, this.#slots, {
      track: (track) => this.emit('track', track),
      ended: (id, reason) => {
        this.#sent.delete(id);
        this.emit('ended', id, reason);
      },
    });
    this.#sent.set(publicationId, sent);
    return sent.track;
  }

  stop(publicationId: string): void {
    this.#sent.get(publicationId)?.close();
    this.#sent.delete(publicationId);
  }

  setDemand(publicationId: string, demand: LinkDemand): void {
    checkDemand(demand);
    this.#sent.get(publicationId)?.setDemand(demand);
  }

  receive(track: LinkTrack): Publication {
    assertOpen(this.state === 'closed', 'link');
    checkTrack(track);
    const known = this.#received.get(track.publicationId);
    if (known) {
      known.update(track);
      return known.publication;
    }
    this.#checkNew(track);
    const received = new ReceivedTrack(this.#core, this.#room, track, {
      demand: (id, demand) => {
        if (this.state !== 'closed') this.emit('demand', id, demand);
      },
      closed: (id) => {
        this.#received.delete(id);
        received.tellDemand();
      },
    });
    this.#received.set(track.publicationId, received);
    received.open(this.handle);
    return received.publication;
  }

  end(publicationId: string, reason: RemovalReason = 'ended'): void {
    this.#received.get(publicationId)?.publication.close(reason);
  }

  close(): void {
    this.endAll('ended');
  }

  /** With what came over it. */
  endAll(reason: RemovalReason): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    for (const { publication } of [...this.#received.values()]) publication.close(reason);
    for (const id of [...this.#sent.keys()]) this.stop(id);
    this.#slots.close();
    const transport = this.handle;
    this.#core.channel.close('transport', transport, { type: 'transportClose', transport });
    this.#room.links.delete(this.id);
    this.emit('state', 'closed');
    this.emit('close');
  }

  /** The engine did not take it, or was asked by who is gone. */
  #abandon(): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.#core.channel.forget('transport', this.handle);
    this.#room.links.delete(this.id);
  }

  #checkNew(track: LinkTrack): void {
    if (this.#room.publications.has(track.publicationId)) {
      throw new PlenumError('conflict', 'there is another publication of this id');
    }
    const known = [...this.#received.values()].flatMap((one) => one.track.encodings);
    if (known.length + track.encodings.length > MAX_LINK_STREAMS) {
      throw new PlenumError('limit_reached', 'the link has too many streams');
    }
    const taken = new Set(known.flatMap(({ ssrc, rtxSsrc }) => [ssrc, rtxSsrc]));
    const isTaken = track.encodings.some((one) => taken.has(one.ssrc) || taken.has(one.rtxSsrc));
    if (isTaken) throw new PlenumError('conflict', 'its streams are those of another publication');
  }

  #handleEvent(event: ObjectEvent): void {
    if (event.type !== 'transportState' || this.state === 'closed') return;
    const state = event.state === 'connected' ? 'connected' : 'silent';
    if (state === this.state) return;
    this.state = state;
    this.emit('state', state);
  }
}

/** @throws PlenumError `bad_request`. */
function checkRemote({ address, port }: LinkAddress): void {
  const isPort = Number.isInteger(port) && port > 0 && port <= 0xffff;
  if (isIP(address) !== 0 && isPort) return;
  throw new PlenumError('bad_request', 'remote: a literal address and a port');
}

/** @throws PlenumError `bad_request`. */
function checkKeys({ id, send, receive }: LinkKeys): void {
  const isId = Number.isInteger(id) && id >= 0 && id <= 0xffff_ffff;
  const areKeys = send.length === KEY_LENGTH && receive.length === KEY_LENGTH;
  if (isId && areKeys && Buffer.compare(send, receive) !== 0) return;
  throw new PlenumError('bad_request', `an id and two different keys of ${KEY_LENGTH} bytes`);
}
