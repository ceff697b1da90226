/**
 * The association over which a participant receives: the node offers m-lines as slots, publications
 * move in and out of them without new SDP.
 */
import { EventEmitter } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { assertOpen, type Core } from './core.js';
import { Downlink } from './downlink.js';
import type { Handle } from './engine/handle.js';
import { PlenumError } from './errors.js';
import type { IceCredentials } from './negotiation/association.js';
import {
  readSubscribeAnswer,
  type SubscribeAnswerContent,
  writeSubscribeOffer,
} from './negotiation/subscribe.js';
import {
  readSubscribeOffer,
  type SubscribeOfferContent,
  writeSubscribeAnswer,
} from './negotiation/subscribe-offer.js';
import type { LiveParticipant } from './participant.js';
import type { MediaKind } from './publication.js';
import { MAX_SLOTS, Slot } from './slot.js';
import { assignSlots } from './slot-assignment.js';
import {
  Association,
  type RemoteCandidate,
  type Transport,
  type TransportEvents,
  type TransportState,
} from './transport.js';

/** One m-line of the subscribe direction and what flows through it (null: nothing). */
export interface SlotMap {
  mid: string;
  publicationId: string | null;
}

export interface SubscribeOffer {
  /** Counts up with every offer of the node. */
  rev: number;
  sdp: string;
  map: SlotMap[];
}

export interface SubscribeTransportEvents extends TransportEvents {
  /** To be sent to the client; at most one is unanswered at a time. */
  offer: [offer: SubscribeOffer];
  /** The whole map, for the m-lines of the offers up to `rev`; no new SDP is needed. */
  map: [map: { rev: number; map: SlotMap[] }];
}

export interface SubscribeTransport extends Transport, EventEmitter<SubscribeTransportEvents> {
  /** All slots in the order of m-lines. */
  readonly map: SlotMap[];
  /** The offer that waits for its answer, written when it is read, with the map of now. */
  readonly pendingOffer: SubscribeOffer | null;
  /**
   * Takes the client's answer to the pending offer.
   * @throws PlenumError `stale_rev` (another offer's), `sdp_rejected` (the offer stays pending),
   * `limit_reached`, `closed`.
   */
  accept(answer: { rev: number; sdp: string }): Promise<void>;
  /**
   * Instead of all offers of the node: the slots are the m-lines of this one offer of the client
   * (WHEP), every one or none. For a participant without `slots`; ICE restarts by `patch`.
   * @throws PlenumError `sdp_rejected`, `codec_unsupported`, `limit_reached`, `closed`,
   * `conflict` (there are slots already).
   */
  answer(offer: { sdp: string }): Promise<{ sdp: string; map: SlotMap[] }>;
  /**
   * New ICE credentials: an offer follows, after the pending one is answered.
   * @throws PlenumError `closed`, `conflict` (the participant has no `slots`).
   */
  restartIce(): void;
  /** Emits the pending offer, or else the map, once more: the client's socket was replaced. */
  resync(): void;
}

/** m-lines are added so many at a time: the next people to join need no new SDP. */
const SLOT_STEP = 4;

export class LiveSubscribeTransport
  extends EventEmitter<SubscribeTransportEvents>
  implements SubscribeTransport
{
  readonly downlink: Downlink;
  readonly #association: Association;
  readonly #core: Core;
  readonly #participant: LiveParticipant;
  readonly #limits: Readonly<Record<MediaKind, number>>;
  readonly #slots: Slot[] = [];
  #rev = 0;
  /** So many slots the client knows of; those behind come with the next offer. */
  #offered = 0;
  #isAnswerPending = false;
  /** Credentials of a restart that the pending offer carries. */
  #restart: IceCredentials | null = null;
  #isRestartWanted = false;
  #isOfferWanted = false;
  #isAssigning = false;
  #sentMap: SlotMap[] = [];

  constructor(
    core: Core,
    participant: LiveParticipant,
    limits: Readonly<Record<MediaKind, number>>,
  ) {
    super();
    this.#core = core;
    this.#participant = participant;
    this.#limits = limits;
    this.downlink = new Downlink(core, participant);
    this.#association = new Association(
      core,
      participant.roomHandle,
      (state, reason) => this.emit('state', state, reason),
      (event) => this.downlink.handle(event),
    );
    this.#grow('audio', 1);
    this.#grow('video', 1);
    this.assign();
  }

  get state(): TransportState {
    return this.#association.state;
  }

  get isNegotiated(): boolean {
    return this.#association.isNegotiated;
  }

  get candidates(): number {
    return this.#association.candidates;
  }

  get handle(): Handle | null {
    return this.#association.handle;
  }

  get openSlots(): Slot[] {
    return this.#slots.filter(({ outbound }) => outbound !== null);
  }

  get map(): SlotMap[] {
    return this.#slots.slice(0, this.#offered).map(({ description, subscription }) => ({
      mid: description.mid,
      publicationId: subscription?.publication.id ?? null,
    }));
  }

  get pendingOffer(): SubscribeOffer | null {
    return this.#isAnswerPending ? this.#writeOffer() : null;
  }

  addCandidate(candidate: RemoteCandidate): void {
    this.#association.addCandidate(candidate);
  }

  /** Gives slots to subscriptions, once for everything that changes in this turn. */
  assign(): void {
    if (this.#isAssigning || this.#association.isClosed) return;
    this.#isAssigning = true;
    queueMicrotask(() => {
      this.#isAssigning = false;
      if (!this.#association.isClosed) this.#assign();
    });
  }

  async accept(answer: { rev: number; sdp: string }): Promise<void> {
    assertOpen(this.#association.isClosed, 'transport');
    if (!this.#isAnswerPending || answer.rev !== this.#rev) {
      throw new PlenumError('stale_rev', `offer ${answer.rev} does not wait for an answer`);
    }
    const offered = this.#slots.slice(0, this.#offered);
    const descriptions = offered.map(({ description }) => description);
    const content = readSubscribeAnswer(answer.sdp, descriptions);
    this.#association.checkCertificate(content.remote);
    this.#isAnswerPending = false;
    const applied = this.#setRemote(content);
    offered.forEach((slot, index) => {
      this.#settle(slot, content.slots[index]?.codecs ?? []);
    });
    this.assign();
    await applied;
  }

  async answer({ sdp }: { sdp: string }): Promise<{ sdp: string; map: SlotMap[] }> {
    const association = this.#association;
    assertOpen(association.isClosed, 'transport');
    if (this.#slots.length > 0) throw new PlenumError('conflict', 'there are slots already');
    const content = readSubscribeOffer(sdp);
    checkSlots(content);
    const { cname } = this.#participant;
    const slots = content.slots.map(({ mid, kind }) => new Slot(mid, kind, cname));
    this.#slots.push(...slots);
    try {
      await association.open(content.remote);
    } catch (error) {
      this.#slots.length = 0;
      association.abandon();
      throw error;
    }
    assertOpen(association.isClosed, 'transport');
    this.#settleOffer(content, slots);
    const descriptions = slots.map(({ description }) => description);
    const identity = { id: association.sessionId, version: this.#rev };
    const answer = writeSubscribeAnswer(content, descriptions, association.local, identity);
    return { sdp: answer, map: this.map };
  }

  patch(fragment: string): Promise<string | null> {
    return this.#association.patch(fragment);
  }

  restartIce(): void {
    assertOpen(this.#association.isClosed, 'transport');
    const { audio, video } = this.#limits;
    if (audio + video === 0) throw new PlenumError('conflict', 'the node offers no slots');
    this.#isRestartWanted = true;
    this.#isOfferWanted = true;
    this.assign();
  }

  resync(): void {
    assertOpen(this.#association.isClosed, 'transport');
    const { pendingOffer } = this;
    if (pendingOffer) this.emit('offer', pendingOffer);
    else if (this.#rev > 0) this.emit('map', { rev: this.#rev, map: this.map });
  }

  close(): void {
    this.downlink.close();
    for (const slot of this.#slots) slot.close(this.#core.channel);
    this.#association.close();
    this.#isAnswerPending = false;
  }

  #assign(): void {
    const subscriptions = [...this.#participant.subscriptions.values()];
    for (const kind of ['audio', 'video'] as const) {
      const mine = subscriptions.filter(({ publication }) => publication.kind === kind);
      this.#grow(kind, mine.filter(({ isWanted }) => isWanted).length);
      const slots = this.#slots.filter(({ description }) => description.kind === kind);
      assignSlots(mine, slots);
    }
    if (this.#isOfferWanted && !this.#isAnswerPending) this.#offer();
    else if (this.#rev > 0) this.#sendMap();
  }

  /** Adds m-lines until `wanted` fit, as far as the client's limit allows. */
  #grow(kind: MediaKind, wanted: number): void {
    const ofKind = this.#slots.filter(({ description }) => description.kind === kind);
    const usable = ofKind.filter(({ isRefused }) => !isRefused).length;
    if (wanted <= usable) return;
    const target = Math.ceil(wanted / SLOT_STEP) * SLOT_STEP;
    const count = Math.min(target - usable, this.#limits[kind] - ofKind.length);
    for (let added = 0; added < count; added++) {
      this.#slots.push(new Slot(`${this.#slots.length}`, kind, this.#participant.cname));
      this.#isOfferWanted = true;
    }
  }

  #offer(): void {
    const association = this.#association;
    const isFirst = association.handle === null;
    this.#restart = this.#isRestartWanted && !isFirst ? association.newCredentials() : null;
    this.#isRestartWanted = false;
    this.#isOfferWanted = false;
    if (isFirst) this.#open();
    this.#rev += 1;
    this.#offered = this.#slots.length;
    this.#isAnswerPending = true;
    const offer = this.#writeOffer();
    this.#sentMap = offer.map;
    this.emit('offer', offer);
  }

  /** Anew each time: kept, its text would be a third of an idle participant's memory. */
  #writeOffer(): SubscribeOffer {
    const association = this.#association;
    const local = association.localWith(this.#restart ?? association.credentials);
    const identity = { id: association.sessionId, version: this.#rev };
    const offered = this.#slots.slice(0, this.#offered);
    const descriptions = offered.map(({ description }) => description);
    const sdp = writeSubscribeOffer(descriptions, local, identity);
    return { rev: this.#rev, sdp, map: this.map };
  }

  #open(): void {
    const unknown = { ufrag: '', pwd: '', fingerprint: new Uint8Array() };
    this.#association.open(unknown).catch(this.#core.refused);
  }

  #sendMap(): void {
    const { map } = this;
    if (isDeepStrictEqual(map, this.#sentMap)) return;
    this.#sentMap = map;
    this.emit('map', { rev: this.#rev, map });
  }

  /** The association is open: what the client offered is there to be used. */
  #settleOffer({ remote, extensions, slots }: SubscribeOfferContent, made: Slot[]): void {
    this.#association.remote = remote;
    this.#rev = 1;
    this.#offered = made.length;
    this.#setExtensions(extensions);
    made.forEach((slot, index) => {
      this.#settle(slot, slots[index]?.codecs ?? []);
    });
    this.assign();
  }

  #setExtensions(send: SubscribeAnswerContent['extensions']): void {
    const transport = this.#association.handle as Handle;
    this.#core.channel.post(transport, {
      type: 'transportSetExtensions',
      transport,
      receive: [],
      send,
    });
  }

  async #setRemote({ remote, extensions }: SubscribeAnswerContent): Promise<void> {
    const { channel } = this.#core;
    const transport = this.#association.handle as Handle;
    const isFirst = this.#association.remote === null;
    const restart = this.#restart;
    this.#association.remote = remote;
    this.#restart = null;
    this.#setExtensions(extensions);
    if (restart) await this.#association.restart(restart, remote);
    if (!isFirst) return;
    await channel.request(transport, {
      type: 'transportSetRemote',
      transport,
      remoteUfrag: remote.ufrag,
      remotePwd: remote.pwd,
      fingerprint: remote.fingerprint,
    });
  }

  #settle(slot: Slot, codecs: SubscribeAnswerContent['slots'][number]['codecs']): void {
    if (slot.isRefused) return;
    const { channel } = this.#core;
    if (codecs.length === 0) slot.refuse(channel);
    else if (slot.outbound === null) {
      slot.open(channel, this.#association.handle as Handle, codecs);
    }
  }
}

/** Of an offer that is taken whole. @throws PlenumError. */
function checkSlots({ slots }: SubscribeOfferContent): void {
  for (const kind of ['audio', 'video']) {
    const count = slots.filter((slot) => slot.kind === kind).length;
    if (count > MAX_SLOTS) throw new PlenumError('limit_reached', `more than ${MAX_SLOTS} slots`);
  }
  if (slots.some(({ codecs }) => codecs.length === 0)) throw new PlenumError('codec_unsupported');
}
