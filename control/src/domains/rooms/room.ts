import { type Clock, isoTime } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import type { Ids } from '../../ids.js';
import type { NodeClient, RoomRef } from '../../nodes/node-client.js';
import type { PlacedNode } from '../../nodes/nodes.js';
import type {
  EphemeralType,
  SequencedType,
  ServerPayloads,
} from '../../schemas/server-messages.js';
import type { ChatMessage, Policy, Publication } from '../../schemas/values.js';
import { seatFreed } from './effects.js';
import { Expected } from './expected.js';
import { Floor } from './floor.js';
import { isHost } from './grants.js';
import type { JournalEntry, JournalEvent, RoomJournal, RoomKey } from './journal.js';
import { writeSpotlight } from './lasting.js';
import { type LinkedCopy, Links } from './links.js';
import { Lobby } from './lobby.js';
import { MediaPlace } from './media-place.js';
import { forgetAwaitedOf } from './publications.js';
import { Qualities } from './qualities.js';
import { type RoomRecorder, unrecorded } from './recorder.js';
import type { RoomState, SeatKey } from './repository.js';
import { type Identity, type Outlet, type Seat, write } from './seat.js';

export type LeaveReason = ServerPayloads['participant.left']['reason'];

export interface RoomContext {
  clock: Clock;
  ids: Ids;
  journal: RoomJournal;
  /** Failures of the node or the database that concern nobody's command. */
  report: (error: unknown, doing: string) => void;
}

export interface RoomListener {
  /** Nobody is there and nobody came for a while. */
  empty: () => void;
  /** Somebody came, went, was cut off or returned. */
  membership: () => void;
  /** The room is not here any more. */
  closed: () => void;
}

/** A seat is kept this long for somebody whose socket is gone. */
export const seatKeptMs = 90_000;
/** An empty room stays this long: longer than any join token that points to it. */
const lingerMs = 150_000;
/** Messages in a snapshot. */
export const recentMessages = 200;

/** What an earlier process, or an earlier room, has left. */
export interface RoomLeft extends RoomState {
  history: readonly ChatMessage[];
}

/** Somebody who may not return. */
export interface RoomBlock extends Identity {
  blockId: string;
}

/** The live presence of a meeting: who is there, what they publish, and the telling of it. */
export class Room {
  readonly seats = new Map<string, Seat>();
  readonly publications = new Map<string, Publication>();
  readonly lobby: Lobby;
  /** With a join token. */
  readonly expected: Expected;
  /** Those in force. */
  blocks: RoomBlock[] = [];
  readonly floor: Floor;
  readonly qualities = new Qualities();
  /** Set by the service that opened the room, as is the next. */
  recorder: RoomRecorder = unrecorded;
  listener: RoomListener = { empty: () => {}, membership: () => {}, closed: () => {} };
  /** The newest, oldest first. */
  private messages: ChatMessage[];
  /** On the way to a seat. */
  private coming = 0;
  private cancelLinger = () => {};
  private closed = false;
  /** Where its media is, each for some of its people; the first one is always there. */
  readonly places: MediaPlace[];
  private placesWritten: Promise<void> = Promise.resolve();
  readonly links: Links;
  /** Publications that are known, and that the node of their place does not have yet: since which epoch. */
  readonly awaited = new Map<string, number>();
  /** Nodes to which something of it goes: it is not there before that is written. */
  private readonly destinations = new Set<string>();
  /** Who does not sit at the first place. */
  private readonly placed = new Map<string, MediaPlace>();

  constructor(
    readonly key: RoomKey,
    public policy: Policy,
    left: RoomLeft & { placed: PlacedNode },
    readonly context: RoomContext,
  ) {
    const at = { placed: left.placed, epoch: key.epoch };
    this.places = [new MediaPlace(key.roomId, at, () => this.linkPlaces())];
    this.links = new Links(key.roomId, context);
    this.messages = [...left.history];
    this.expected = new Expected(context.clock);
    this.lobby = new Lobby(
      context.clock,
      (knock) => this.tellLobby(knock),
      left.lobbyMessage ?? undefined,
    );
    this.floor = new Floor({
      hands: (items) => this.broadcast('hand.list', { items }),
      spotlight: (publication_ids) => {
        this.broadcast('spotlight', { publication_ids });
        writeSpotlight(this);
      },
    });
    this.floor.awaited = left.spotlight;
    this.linger();
  }

  /** The place of whoever has no other one. */
  get media(): MediaPlace {
    return this.places[0] as MediaPlace;
  }

  placeOf({ id }: Seat): MediaPlace {
    const place = this.placed.get(id);
    return place !== undefined && this.places.includes(place) ? place : this.media;
  }

  /** From now on; nothing of it is known to the node yet. */
  putAt(participantId: string, place: MediaPlace): void {
    this.placed.set(participantId, place);
  }

  seatsAt(place: MediaPlace): Seat[] {
    return [...this.seats.values()].filter((seat) => this.placeOf(seat) === place);
  }

  /** The place whose present node has it under this epoch. */
  placeAt(nodeId: string, epoch: number): MediaPlace | undefined {
    return this.places.find(
      ({ isLost, placed, ref }) => !isLost && placed.nodeId === nodeId && ref.epoch === epoch,
    );
  }

  /** All nodes that may have something of it, or are about to. */
  get nodeIds(): string[] {
    return this.nodeIdsBut();
  }

  /** It has said that it has it. */
  isOpenAt(nodeId: string): boolean {
    return this.places.some(({ placed, isOpen }) => isOpen && placed.nodeId === nodeId);
  }

  /** Those of all other places: a node has one place of a room at most, a second would end the first. */
  nodeIdsBut(place?: MediaPlace): string[] {
    const others = this.places.filter((one) => one !== place);
    return [...others.flatMap(({ nodeIds }) => nodeIds), ...this.destinations];
  }

  /** Nothing else of it goes there until `work` is done. */
  async whileGoingTo<Result>(nodeId: string, work: () => Promise<Result>): Promise<Result> {
    this.destinations.add(nodeId);
    try {
      return await work();
    } finally {
      this.destinations.delete(nodeId);
    }
  }

  /** What becomes of its places is written one after the other: by where the one before has left them. */
  placesInTurn(work: () => Promise<void>): Promise<void> {
    const written = this.placesWritten.catch(() => {}).then(work);
    this.placesWritten = written;
    return written;
  }

  /** Nothing of it is there any more; whoever sat there sits at the first one, which must be another. */
  removePlace(place: MediaPlace): void {
    this.places.splice(this.places.indexOf(place), 1);
    this.qualities.forget(place);
    this.linkPlaces();
    place.endFormer();
    place.placed.client.closeRoom(place.ref).catch(() => {}); // lost, or looked through when it is found
  }

  linkPlaces(): void {
    if (!this.closed) this.links.join(this.linked, !this.recorder.isExpected);
  }

  /** What is linked: all of its places, and where it is recorded. */
  get linked(): LinkedCopy[][] {
    const recorders = this.recorder.copies.length === 0 ? [] : [[...this.recorder.copies]];
    return [...this.places.map(({ copies }) => copies), ...recorders];
  }

  /** Whether one more would find a place. @throws NodeError `no_capacity`. */
  async checkCapacity(): Promise<void> {
    const checks = this.places.map(({ client, ref }) => client.checkCapacity({ room: ref }));
    const outcomes = await Promise.allSettled(checks);
    const [first] = outcomes;
    if (outcomes.some(({ status }) => status === 'fulfilled')) return;
    throw (first as PromiseRejectedResult).reason;
  }

  /** On all nodes, former ones too. Rejects when a present one fails. */
  async closeMedia(): Promise<void> {
    const close = (node: NodeClient, room: RoomRef) => node.closeRoom(room);
    await Promise.all(this.places.map((place) => place.everywhere(close)));
  }

  /** By which its row is found. */
  keyOf(seat: Seat): SeatKey {
    return { meetingId: this.key.meetingId, participantId: seat.id };
  }

  get isClosed(): boolean {
    return this.closed;
  }

  get hostPresent(): boolean {
    return [...this.seats.values()].some((seat) => isHost(seat.participant.role));
  }

  /** Keeps an empty room open for another while: somebody is on the way. */
  linger(): void {
    this.cancelLinger();
    this.cancelLinger = () => {};
    if (this.closed || this.seats.size > 0) return;
    this.cancelLinger = this.context.clock.after(lingerMs, () => {
      if (this.lobby.size > 0) this.linger();
      else this.listener.empty();
    });
  }

  /** The newest messages that this one may see, oldest first: without history those since they came. */
  messagesFor(seat: Seat): ChatMessage[] {
    const since = this.policy.history ? '' : seat.participant.joined_at;
    return this.messages.filter(
      ({ to, from, sent_at }) =>
        sent_at >= since && (to === undefined || to === seat.id || from === seat.id),
    );
  }

  /** Tells everybody who has been welcomed; `except` knows already. */
  broadcast<Type extends SequencedType>(t: Type, d: ServerPayloads[Type], except?: Seat): void {
    const event = write(t, d);
    for (const seat of this.seats.values()) {
      if (seat !== except && seat.welcomed) seat.emit(event);
    }
    this.recorder.told(t, d);
  }

  whisper<Type extends EphemeralType>(
    t: Type,
    d: ServerPayloads[Type],
    seats: Iterable<Seat> = this.seats.values(),
  ): void {
    const message = write(t, d);
    for (const seat of seats) seat.whisper(message);
  }

  private tellLobby(knock: boolean): void {
    const event = write('lobby.list', { items: this.lobby.list(), knock });
    for (const seat of this.seats.values()) {
      if (isHost(seat.participant.role) && seat.welcomed) seat.emit(event);
    }
  }

  /** Appends to the durable log. */
  record(
    type: JournalEntry['type'],
    participantId: string | null,
    payload: object,
    also: Omit<Partial<JournalEntry>, keyof JournalEvent> = {},
  ): Promise<void> {
    const at = this.context.clock.now();
    const eventId = this.context.ids.next();
    return this.context.journal.append({ eventId, type, participantId, payload, at, ...also });
  }

  /** Everybody who is in has left. */
  allLeft(reason: LeaveReason): JournalEvent[] {
    const at = this.context.clock.now();
    return [...this.seats.keys()].map((participantId) => ({
      at,
      eventId: this.context.ids.next(),
      type: 'participant.left',
      participantId,
      payload: { reason },
    }));
  }

  /** Shows a message that is durable, to all or to the two concerned. */
  show(message: ChatMessage): void {
    this.messages.push(message);
    if (this.messages.length > recentMessages) this.messages.shift();
    if (message.to === undefined) {
      this.broadcast('chat.message', message);
      return;
    }
    for (const id of new Set([message.from, message.to])) {
      const seat = this.seats.get(id);
      if (seat?.welcomed) seat.emit(write('chat.message', message));
    }
  }

  /** A message is gone, or all are. */
  forget(deleted: ServerPayloads['chat.deleted']): void {
    this.messages =
      'all' in deleted
        ? []
        : this.messages.filter(({ message_id }) => message_id !== deleted.message_id);
    this.broadcast('chat.deleted', deleted);
  }

  /**
   * Keeps a place for somebody while it is written that they come: until then no seat counts.
   * @throws ControlError `meeting_full`; else what `work` throws.
   */
  async whileComing(work: () => Promise<void>): Promise<void> {
    if (this.placesTaken >= this.policy.max_participants) {
      throw new ControlError('meeting_full', 'All places are taken.');
    }
    this.coming += 1;
    try {
      await work();
    } finally {
      this.coming -= 1;
    }
  }

  get placesTaken(): number {
    return this.seats.size + this.coming;
  }

  take(seat: Seat): void {
    this.seats.set(seat.id, seat);
    this.linger();
  }

  /** Tells the others, once, that somebody is there. */
  announce(seat: Seat): void {
    if (seat.isAnnounced) return;
    seat.setAnnounced();
    this.broadcast('participant.joined', { participant: seat.participant }, seat);
    this.listener.membership();
  }

  /** The socket of a seat is gone; the seat is kept, media flows on. */
  lost(seat: Seat, outlet: Outlet): void {
    if (!seat.isAttachedTo(outlet)) return;
    seat.detach();
    if (this.lobby.find(seat.id)?.seat === seat) {
      this.awaitInLobby(seat);
      return;
    }
    if (this.seats.get(seat.id) !== seat) return;
    this.leaveWaiting(seat);
  }

  /** A seat without a socket. */
  leaveWaiting(seat: Seat): void {
    this.await(seat);
    this.changeState(seat, 'reconnecting');
  }

  /** Nothing comes from the socket of a seat, which may recover: the others see it, no more. */
  quiet(seat: Seat, outlet: Outlet): void {
    if (this.holds(seat, outlet)) this.changeState(seat, 'reconnecting');
  }

  heardAgain(seat: Seat, outlet: Outlet): void {
    if (this.holds(seat, outlet)) this.changeState(seat, 'joined');
  }

  private holds(seat: Seat, outlet: Outlet): boolean {
    return seat.isAttachedTo(outlet) && this.seats.get(seat.id) === seat;
  }

  /** Takes a seat back that nobody has heard of. */
  withdraw(seat: Seat): void {
    if (!this.seats.delete(seat.id)) return;
    seat.cancelTimeout();
    this.placed.delete(seat.id);
    this.linger();
    this.listener.membership();
  }

  /** Frees the seat unless somebody returns to it in time. */
  await(seat: Seat, keptMs = seatKeptMs): void {
    seat.cancelTimeout();
    seat.cancelTimeout = this.context.clock.after(keptMs, () => {
      this.release(seat, 'timeout').catch((error) => this.context.report(error, 'free a seat'));
    });
  }

  /** As `await`, for somebody who was not let in yet. */
  awaitInLobby(seat: Seat): void {
    seat.cancelTimeout();
    seat.cancelTimeout = this.context.clock.after(seatKeptMs, () => {
      this.dismiss(seat.id, 'timeout').catch((error) =>
        this.context.report(error, 'free a place in the lobby'),
      );
    });
  }

  returned(seat: Seat): void {
    seat.cancelTimeout();
    seat.cancelTimeout = () => {};
    this.changeState(seat, 'joined');
  }

  /**
   * Frees a seat at once, for everybody and on the node.
   * @param also what is written together with it.
   * @returns when it is durable.
   */
  async release(
    seat: Seat,
    reason: LeaveReason,
    also: Pick<JournalEntry, 'effects' | 'command' | 'committed'> = {},
  ): Promise<void> {
    if (!this.seats.delete(seat.id)) return this.dismiss(seat.id, reason, also);
    seat.cancelTimeout();
    this.floor.lower([seat.id]);
    if (seat.isAnnounced) this.broadcast('participant.left', { id: seat.id, reason });
    forgetAwaitedOf(this, seat.id, reason);
    this.placeOf(seat)
      .everywhere((node, room) => node.removeParticipant({ ...room, participantId: seat.id }))
      .catch((error) => this.context.report(error, 'remove a participant from the node'));
    this.placed.delete(seat.id);
    this.linger();
    this.listener.membership();
    const type = reason === 'removed' ? 'participant.removed' : 'participant.left';
    await this.record(
      type,
      seat.id,
      { reason },
      { ...also, effects: this.freeing(seat, reason, also) },
    );
  }

  /** Sends somebody away who waits in the lobby. Resolves when that is durable. */
  async dismiss(
    participantId: string,
    reason: LeaveReason,
    also: Pick<JournalEntry, 'effects' | 'command' | 'committed'> = {},
  ): Promise<void> {
    const person = this.lobby.take(participantId);
    if (person === undefined) return;
    const effects = this.freeing(person.seat, reason, also);
    await this.record(
      'participant.left',
      participantId,
      { reason, lobby: true },
      { ...also, effects },
    );
  }

  private freeing(
    seat: Seat,
    reason: LeaveReason,
    { effects = [] }: Pick<JournalEntry, 'effects'>,
  ) {
    const at = this.context.clock.now();
    return [seatFreed({ seat: this.keyOf(seat), reason, at }), ...effects];
  }

  private changeState(seat: Seat, state: 'joined' | 'reconnecting'): void {
    this.listener.membership();
    if (seat.participant.state === state) return;
    seat.participant.state = state;
    if (seat.isAnnounced) this.broadcast('participant.updated', { id: seat.id, state }, seat);
  }

  /** Nothing runs on after this; seats are left as they are. */
  close(): void {
    this.closed = true;
    this.cancelLinger();
    this.links.end();
    for (const place of this.places) place.endFormer();
    this.lobby.close();
    for (const seat of this.seats.values()) seat.cancelTimeout();
  }
}

/** When somebody took the seat, as messages show it. */
export function joinedAt(at: Date): string {
  return isoTime(at.getTime());
}
