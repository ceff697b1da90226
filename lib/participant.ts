/** One person, bot or endpoint in a room: what it publishes and what it receives. */
import { EventEmitter } from 'node:events';
import { assertOpen, type Core, newCname } from './core.js';
import { DEBOUNCE_MS } from './downlink.js';
import type { Handle } from './engine/handle.js';
import { PlenumError } from './errors.js';
import {
  LivePlainTransport,
  type PlainTransport,
  type PlainTransportOptions,
} from './plain-transport.js';
import type {
  LivePublication,
  LivePublisher,
  Publication,
  Publisher,
  RemovalReason,
} from './publication.js';
import { LivePublishTransport, type PublishTransport } from './publish-transport.js';
import type { LiveRoom } from './room.js';
import { LiveSubscribeTransport, type SubscribeTransport } from './subscribe-transport.js';
import { LiveSubscription, type Subscription } from './subscription.js';

export interface ParticipantOptions {
  /** 1–64 characters, unique in the room. */
  id: string;
  /** How many m-lines of each kind the client receives at most, 0–64. Default 0: no reception. */
  slots?: { audio: number; video: number };
  /** Subscribe to everything that others publish, now and later. Default true. */
  autoSubscribe?: boolean;
  /** Let it in even where the node takes no more: it was here, or was promised a place. */
  evenWhenFull?: boolean;
}

export interface ParticipantEvents {
  /** Its `state`, `reason` or `layer` has changed. */
  subscriptionState: [subscription: Subscription];
  /** Encodings of its own publication that anybody can use: the client need not send the others. */
  encodingDemand: [publication: Publication];
  close: [];
}

export interface Participant extends Publisher, EventEmitter<ParticipantEvents> {
  /** Which media thread serves it. */
  readonly shard: number;
  readonly publishTransport: PublishTransport;
  readonly subscribeTransport: SubscribeTransport;
  readonly plainTransports: ReadonlySet<PlainTransport>;
  /** By publication id. */
  readonly publications: ReadonlyMap<string, Publication>;
  /** By publication id. */
  readonly subscriptions: ReadonlyMap<string, Subscription>;
  /**
   * For `autoSubscribe: false`; the subscription that is there already is given back.
   * @throws PlenumError `unknown_publication` (not of this room), `bad_request` (its own),
   * `closed`.
   */
  subscribe(publicationId: string): Subscription;
  /**
   * A further way in and out, for programs without ICE and DTLS.
   * @throws PlenumError `bad_request`, `conflict` (another transport has the remote address),
   * `closed`.
   */
  createPlainTransport(options: PlainTransportOptions): Promise<PlainTransport>;
  /** Ends transports, publications and subscriptions at once. */
  close(): void;
}

export class LiveParticipant
  extends EventEmitter<ParticipantEvents>
  implements Participant, LivePublisher
{
  readonly id: string;
  readonly isDistant = false;
  readonly autoSubscribe: boolean;
  readonly shard: number;
  /** Its room, as it is called on its shard. */
  readonly roomHandle: Handle;
  readonly publishTransport: LivePublishTransport;
  readonly subscribeTransport: LiveSubscribeTransport;
  readonly plainTransports = new Set<LivePlainTransport>();
  readonly publications = new Map<string, LivePublication>();
  readonly subscriptions = new Map<string, LiveSubscription>();
  /** RFC 7022: says nothing about the person. */
  readonly cname = newCname();
  readonly #core: Core;
  #isClosed = false;

  constructor(
    core: Core,
    readonly room: LiveRoom,
    options: ParticipantOptions,
  ) {
    super();
    this.#core = core;
    this.id = options.id;
    this.autoSubscribe = options.autoSubscribe ?? true;
    const { shard, room: roomHandle } = room.enter();
    this.shard = shard;
    this.roomHandle = roomHandle;
    this.publishTransport = new LivePublishTransport(core, this);
    const slots = options.slots ?? { audio: 0, video: 0 };
    this.subscribeTransport = new LiveSubscribeTransport(core, this, slots);
  }

  subscribe(publicationId: string): LiveSubscription {
    assertOpen(this.#isClosed, 'participant');
    const known = this.subscriptions.get(publicationId);
    if (known) return known;
    const publication = this.room.publications.get(publicationId);
    if (!publication) throw new PlenumError('unknown_publication');
    if (publication.participant.id === this.id)
      throw new PlenumError('bad_request', 'its own track');
    const subscription = new LiveSubscription(this, publication);
    this.subscriptions.set(publicationId, subscription);
    publication.updateDemand();
    this.subscribeTransport.assign();
    return subscription;
  }

  async createPlainTransport(options: PlainTransportOptions): Promise<PlainTransport> {
    assertOpen(this.#isClosed, 'participant');
    const transport = new LivePlainTransport(this.#core, this, options);
    await transport.open(options);
    this.plainTransports.add(transport);
    if (this.#isClosed) transport.close();
    assertOpen(this.#isClosed, 'participant');
    return transport;
  }

  close(): void {
    this.end('left');
  }

  /** Leaves first: from the inside of its room to the outside. */
  end(reason: RemovalReason): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const publication of [...this.publications.values()]) publication.close(reason);
    for (const subscription of [...this.subscriptions.values()]) subscription.close();
    for (const transport of [...this.plainTransports]) transport.close();
    this.publishTransport.close();
    this.subscribeTransport.close();
    this.room.removeParticipant(this);
    this.emit('close');
  }

  addPublication(publication: LivePublication): void {
    this.publications.set(publication.id, publication);
    publication.watchDemand();
    this.room.addPublication(publication);
  }

  removePublication(publication: LivePublication): void {
    this.publications.delete(publication.id);
  }

  tellDemand(publication: LivePublication): void {
    this.emit('encodingDemand', publication);
  }

  removeSubscription({ publication }: LiveSubscription): void {
    this.subscriptions.delete(publication.id);
    publication.updateDemand();
    this.subscribeTransport.downlink.request(DEBOUNCE_MS);
    this.subscribeTransport.assign();
  }
}
