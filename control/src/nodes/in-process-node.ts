import {
  type MediaNode,
  type Participant,
  PlenumError,
  type Publication,
  type Room,
  type Subscription,
} from '../../../lib/index.js';
import { attempt } from './attempt.js';
import { Drops } from './drops.js';
import {
  clientOf,
  type DescribedRoom,
  type Direction,
  type LinkEnd,
  type LinkRef,
  type LinkWord,
  type LocalNode,
  type NodeClient,
  NodeError,
  type NodeEvent,
  type NodeLoad,
  type NodeMethod,
  type ParticipantRef,
  type PublicationDescription,
  type RoomRef,
  type SubscriptionWish,
} from './node-client.js';
import { loadSeries, toSeries, transportSeries } from './node-series.js';
import { RoomLinks } from './room-links.js';
import { Wishes } from './wishes.js';

/** Of one room's news each 2 s among all of them. */
const lossWeight = 0.2;

interface LiveRoom {
  epoch: number;
  readonly room: Room;
  readonly links: RoomLinks;
  readonly wishes: Wishes;
}

/**
 * The media node in this very process, behind the interface of a remote one: calls are
 * asynchronous, and what passes either way goes through structuredClone, so that nothing but plain
 * data can come to depend on it.
 */
export class InProcessNode {
  private readonly rooms = new Map<string, LiveRoom>();
  private readonly drops = new Drops();
  /** Of publishers’ packets, smoothed over some ten seconds. */
  private lossRatio = 0;
  private listener: (event: NodeEvent) => void = () => {};

  /** @param report of failures that nobody waits for. */
  constructor(
    private readonly node: MediaNode,
    private readonly report: (error: unknown, doing: string) => void = () => {},
  ) {}

  /** The node as control sees it. */
  get client(): LocalNode {
    const methods = throughClone(this);
    return {
      ...methods,
      load: () => this.load(),
      description: () => this.description(),
      stats: () => this.stats(),
      close: () => this.close(),
    };
  }

  async openRoom({ roomId, epoch, adopt, moves }: Parameters<NodeClient['openRoom']>[0]) {
    const held = this.rooms.get(roomId);
    if (held === undefined || held.epoch < epoch) {
      if (held !== undefined && adopt) held.epoch = epoch;
      else this.openAnew({ roomId, epoch }, { older: held, evenWhenFull: moves ?? false });
    } else if (held.epoch > epoch) {
      throw new NodeError('stale_epoch', 'A newer epoch is open.');
    }
    const links = await this.held({ roomId, epoch }).links.ids();
    const { room } = this.held({ roomId, epoch });
    return {
      participantIds: [...room.participants.keys()],
      servedIds: [...room.participants.values()].filter(isServed).map(({ id }) => id),
      linkAddresses: room.linkAddresses.map((address) => ({ ...address })),
      links,
    };
  }

  private openAnew(
    { roomId, epoch }: RoomRef,
    { older, evenWhenFull }: { older: LiveRoom | undefined; evenWhenFull: boolean },
  ): void {
    older?.room.close();
    const room = this.node.createRoom({
      id: roomId,
      evenWhenFull: evenWhenFull || older !== undefined,
    });
    const links = new RoomLinks(room, {
      said: (linkId, word) =>
        this.emit({ roomId, epoch: held.epoch, type: 'link_said', linkId, word }),
      failed: (error) => this.report(error, 'carry what is published over a link'),
    });
    const held: LiveRoom = { epoch, room, links, wishes: new Wishes() };
    this.rooms.set(roomId, held);
    this.watchRoom(held);
  }

  async closeRoom(ref: RoomRef): Promise<void> {
    const held = this.rooms.get(ref.roomId);
    if (held?.epoch !== ref.epoch) return;
    this.rooms.delete(ref.roomId);
    held.room.close();
    // Whoever lost packets has gone; a node that is held to it would get no room to show otherwise.
    if (this.rooms.size === 0) this.lossRatio = 0;
  }

  async checkCapacity({ room }: { room: RoomRef | null }): Promise<void> {
    if (room === null) this.node.checkCapacity();
    else this.roomOf(room).checkCapacity();
  }

  async addParticipant(
    call: ParticipantRef & { slots: { audio: number; video: number } },
  ): Promise<void> {
    const room = this.roomOf(call);
    const { participantId: id, slots } = call;
    const participant = room.addParticipant({ id, slots, evenWhenFull: true });
    this.watchParticipant(participant, this.held(call));
  }

  async connectEndpoint(call: Parameters<NodeClient['connectEndpoint']>[0]) {
    const { direction, sdp } = call;
    const participant = this.roomOf(call).addParticipant({
      id: call.participantId,
      autoSubscribe: direction === 'subscribe',
    });
    this.watchParticipant(participant, this.held(call));
    const { publishTransport, subscribeTransport } = participant;
    try {
      const answer =
        direction === 'publish'
          ? await publishTransport.answer({ rev: 1, sdp, tracks: 'all' })
          : await subscribeTransport.answer({ sdp });
      return { sdp: answer.sdp };
    } catch (error) {
      participant.close();
      throw error;
    }
  }

  async patchEndpoint(call: Parameters<NodeClient['patchEndpoint']>[0]) {
    const transport = transportOf(this.participantOf(call), call.direction);
    return { fragment: await transport.patch(call.fragment) };
  }

  async removeParticipant(ref: ParticipantRef): Promise<void> {
    this.roomOf(ref).participants.get(ref.participantId)?.close();
  }

  async publishOffer(call: Parameters<NodeClient['publishOffer']>[0]) {
    const { rev, sdp, tracks } = call;
    const answer = await this.participantOf(call).publishTransport.answer({ rev, sdp, tracks });
    const publications = answer.publications.map(({ cid, mid, publication }) => ({
      cid,
      mid,
      publicationId: publication.id,
    }));
    return { sdp: answer.sdp, publications };
  }

  async publishMute(call: Parameters<NodeClient['publishMute']>[0]): Promise<void> {
    this.publicationOf(call).setMuted(call.muted, call.by);
  }

  async publishRemove(call: ParticipantRef & { publicationId: string }): Promise<void> {
    this.publicationOf(call).close();
  }

  async subscribeAnswer(call: ParticipantRef & { rev: number; sdp: string }): Promise<void> {
    const { rev, sdp } = call;
    await this.participantOf(call).subscribeTransport.accept({ rev, sdp });
  }

  async subscribeRestart(call: ParticipantRef): Promise<void> {
    this.participantOf(call).subscribeTransport.restartIce();
  }

  async subscriptionSet(call: ParticipantRef & { items: SubscriptionWish[] }): Promise<void> {
    this.held(call).wishes.set(this.participantOf(call), call.items);
  }

  async candidate(call: Parameters<NodeClient['candidate']>[0]): Promise<void> {
    const { direction, mid, ufrag, candidate } = call;
    transportOf(this.participantOf(call), direction).addCandidate({ mid, ufrag, candidate });
  }

  async resync(call: ParticipantRef): Promise<void> {
    const participant = this.participantOf(call);
    participant.subscribeTransport.resync();
    const items = [...participant.subscriptions.values()].flatMap(describeState);
    if (items.length > 0) this.emit({ ...refOf(call), type: 'subscription_state', items });
    for (const publication of participant.publications.values()) {
      if (publication.demand.some(({ active }) => !active)) {
        this.emitDemand(refOf(call), publication);
      }
    }
  }

  async publications(ref: RoomRef): Promise<PublicationDescription[]> {
    return [...this.roomOf(ref).publications.values()].filter(isOwn).map(describe);
  }

  async openLink(end: LinkEnd): Promise<void> {
    await this.held(end).links.open(end);
  }

  async closeLink(link: LinkRef): Promise<void> {
    this.held(link).links.close(link.linkId);
  }

  async hearLink({ word, ...link }: LinkRef & { word: LinkWord }): Promise<void> {
    this.held(link).links.hear(link.linkId, word);
  }

  async repeatLink(link: LinkRef): Promise<void> {
    this.held(link).links.repeat(link.linkId);
  }

  onEvent(listener: (event: NodeEvent) => void): void {
    this.listener = listener;
  }

  load(): NodeLoad {
    const { rooms, participants, load, shards } = this.node.summary();
    return {
      stress: load.stressRatio,
      isFull: load.isFull,
      rooms,
      participants,
      dropRatio: this.drops.ratio(shards.map((shard) => ({ ...shard }))),
      lossRatio: this.lossRatio,
    };
  }

  /** What each room is called, under which epoch. */
  description(): DescribedRoom[] {
    return [...this.rooms].map(([roomId, { epoch, room }]) => ({
      roomId,
      epoch,
      participants: room.participants.size,
    }));
  }

  async stats(): Promise<Record<string, number>> {
    const { shards, rooms, participants, transports, load } = this.node.stats();
    return {
      ...loadSeries(load),
      ...transportSeries(transports),
      ...toSeries(shards.map((shard) => ({ ...shard }))),
      plenum_node_rooms: rooms,
      plenum_node_participants: participants,
    };
  }

  async close(): Promise<void> {
    this.rooms.clear();
    this.node.close();
  }

  private emit(event: NodeEvent): void {
    this.listener(structuredClone(event));
  }

  private learnLoss(items: readonly { uplinkLoss: number }[]): void {
    const mean = items.reduce((sum, { uplinkLoss }) => sum + uplinkLoss, 0) / items.length;
    this.lossRatio += lossWeight * (mean - this.lossRatio);
  }

  /** The epoch is that of the moment: a room may go on under a newer one. */
  private watchRoom(held: LiveRoom): void {
    const { room } = held;
    const ref = () => ({ roomId: room.id, epoch: held.epoch });
    room.on('publicationAdded', (publication) => {
      // Once everybody is subscribed to it.
      queueMicrotask(() => this.grant(held, publication.id));
      if (!isOwn(publication)) return;
      this.emit({ ...ref(), type: 'publication_added', publication: describe(publication) });
      held.links.added(publication.id);
    });
    room.on('publicationUpdated', (publication) => {
      if (!isOwn(publication)) return;
      const { publicationId, participantId, muted, layers } = describe(publication);
      const by = { publicationId, participantId };
      this.emit({ ...ref(), type: 'publication_updated', ...by, muted, layers });
    });
    room.on('publicationRemoved', (publication, reason) => {
      const { id, participant } = publication;
      if (!isOwn(publication)) {
        held.links.removed(id);
        return;
      }
      const by = { publicationId: id, participantId: participant.id };
      this.emit({ ...ref(), type: 'publication_removed', ...by, reason });
    });
    room.on('quality', (items) => {
      this.learnLoss(items);
      this.emit({ ...ref(), type: 'quality', items });
    });
    room.on('speakers', (speakers) => this.emit({ ...ref(), type: 'speakers', ...speakers }));
  }

  /** What was asked of it before it was there. */
  private grant({ room, wishes }: LiveRoom, publicationId: string): void {
    for (const participant of room.participants.values()) {
      attempt(
        () => wishes.found(participant, publicationId),
        (error) => this.report(error, 'grant what was asked of a publication'),
      );
    }
  }

  private watchParticipant(participant: Participant, held: LiveRoom): void {
    const ref = () => ({
      roomId: held.room.id,
      epoch: held.epoch,
      participantId: participant.id,
    });
    const { publishTransport, subscribeTransport } = participant;
    subscribeTransport.on('offer', ({ rev, sdp, map }) => {
      this.emit({ ...ref(), type: 'subscribe_offer', rev, sdp, map });
    });
    subscribeTransport.on('map', ({ rev, map }) => {
      this.emit({ ...ref(), type: 'subscribe_map', rev, map });
    });
    participant.on('subscriptionState', (subscription) => {
      const items = describeState(subscription);
      if (items.length > 0) this.emit({ ...ref(), type: 'subscription_state', items });
    });
    participant.on('encodingDemand', (publication) => this.emitDemand(ref(), publication));
    for (const [direction, transport] of [
      ['publish', publishTransport],
      ['subscribe', subscribeTransport],
    ] as const) {
      transport.on('state', (state, reason) => {
        if (state === 'new') return;
        this.emit({ ...ref(), type: 'transport_state', direction, state, reason });
      });
    }
  }

  private emitDemand(ref: ParticipantRef, { id, demand }: Publication): void {
    const encodings = demand.map((encoding) => ({ ...encoding }));
    this.emit({ ...ref, type: 'publish_layers', publicationId: id, encodings });
  }

  private held({ roomId, epoch }: RoomRef): LiveRoom {
    const held = this.rooms.get(roomId);
    if (held === undefined) throw new NodeError('not_in_room', 'The node has no such room.');
    if (held.epoch !== epoch) throw new NodeError('stale_epoch', `The epoch is ${held.epoch}.`);
    return held;
  }

  private roomOf(ref: RoomRef): Room {
    return this.held(ref).room;
  }

  private participantOf(ref: ParticipantRef): Participant {
    const participant = this.roomOf(ref).participants.get(ref.participantId);
    if (participant === undefined) throw new NodeError('not_in_room', 'Not on the node.');
    return participant;
  }

  private publicationOf(ref: ParticipantRef & { publicationId: string }): Publication {
    const publication = this.participantOf(ref).publications.get(ref.publicationId);
    if (publication === undefined) {
      throw new NodeError('unknown_publication', 'There is no such publication.');
    }
    return publication;
  }
}

function refOf({ roomId, epoch, participantId }: ParticipantRef): ParticipantRef {
  return { roomId, epoch, participantId };
}

function transportOf(participant: Participant, direction: Direction) {
  return direction === 'publish' ? participant.publishTransport : participant.subscribeTransport;
}

/** Whoever has negotiated either transport was told of this node. */
function isServed({ publishTransport, subscribeTransport }: Participant): boolean {
  return publishTransport.isNegotiated || subscribeTransport.isNegotiated;
}

/** Of a participant of this node; others come over links, and their own nodes tell of them. */
function isOwn({ participant }: Publication): boolean {
  return !participant.isDistant;
}

function describe(publication: Publication): PublicationDescription {
  const { id, participant, kind, source, muted, codec, layers } = publication;
  return {
    publicationId: id,
    participantId: participant.id,
    kind,
    source,
    muted,
    codec,
    layers: layers.map((layer) => ({ ...layer })),
  };
}

type SubscriptionStateItem = Extract<NodeEvent, { type: 'subscription_state' }>['items'][number];

/** None while the subscription waits: there is nothing to say yet. */
function describeState({ publication, ...own }: Subscription): SubscriptionStateItem[] {
  const { state, reason } = own;
  if (state === 'waiting') return [];
  const { spatial, temporal } = own.layer ?? { spatial: 0, temporal: 0 };
  const layer = { spatial, temporal };
  const told = reason === 'none' || reason === 'codec_unsupported' ? {} : { reason };
  return [{ publicationId: publication.id, layer, state, ...told }];
}

/** The methods that a remote node has too, each with its arguments and result copied. */
function throughClone(node: InProcessNode): NodeClient {
  const call = async (method: NodeMethod, argument: unknown): Promise<unknown> => {
    const run = node[method] as (argument: unknown) => Promise<unknown>;
    try {
      return structuredClone(await run.call(node, structuredClone(argument)));
    } catch (error) {
      throw toNodeError(error);
    }
  };
  return clientOf(call, (listener) => node.onEvent(listener));
}

/** The library's codes that control knows by the same name; its `closed` is a lost race. */
function toNodeError(error: unknown): unknown {
  if (!(error instanceof PlenumError)) return error;
  if (error.code === 'closed') return new NodeError('not_in_room', error.detail);
  if (error.code === 'engine_closed') return new NodeError('node_lost', error.detail);
  return new NodeError(error.code, error.detail);
}
