import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import type { Owners } from '../../fleet/elsewhere.js';
import type { Ids } from '../../ids.js';
import type { Tokens } from '../../keys/tokens.js';
import type { DescribedRoom, NodeEvent } from '../../nodes/node-client.js';
import type { Nodes, PlacedNode } from '../../nodes/nodes.js';
import type { CloseReason } from '../../schemas/errors.js';
import type { MovedRoom } from '../../schemas/http.js';
import type { ChatMessage, IceServer, Policy } from '../../schemas/values.js';
import type { Database, Queryable } from '../../store/database.js';
import type { Effect } from '../../store/effects.js';
import { addBranches, adoptMedia, type Hold } from './adoption.js';
import { Branches } from './branches.js';
import { roomClosed, seatChanged, seatFreed, seatsFreed } from './effects.js';
import { Entrance } from './entrance.js';
import { Inheritance } from './inheritance.js';
import { type JournalEntry, RoomJournal, type RoomKey } from './journal.js';
import { type JournalWriter, RoomLost } from './journal-writer.js';
import type { Keep } from './keep.js';
import type { MediaPlace } from './media-place.js';
import { handleNodeEvent } from './node-events.js';
import { type OpenedRoom, openRoom, takeRoom } from './opening.js';
import { type ProfileChange, showProfile } from './profiles.js';
import type { AttendRoom } from './recorder.js';
import { longestOverlapMs, type MoveReason, Relocation } from './relocation.js';
import * as repository from './repository.js';
import { applyRights } from './rights.js';
import { Room, type RoomBlock, type RoomContext } from './room.js';
import { type Seat, write } from './seat.js';
import { Standbys } from './standbys.js';
import { Succession } from './succession.js';

export type { CommandAnswer } from './command-results.js';
export { roomEffects, seatChanged } from './effects.js';
export { EndpointDoor, type NewEndpoint } from './endpoint-door.js';
export { EndpointSeat } from './endpoint-seat.js';
export type { Arrival, Presence } from './entrance.js';
export { protocolVersion } from './entrance.js';
export type { Expectation } from './expected.js';
export { FileKeep, noSecond, type SecondKeep } from './file-keep.js';
export { grantsOf, isHost } from './grants.js';
export type { JournalEntry, JournalEvent } from './journal.js';
export { JournalWriter } from './journal-writer.js';
export { type Keep, noKeep } from './keep.js';
export { writeLobbyMessage } from './lasting.js';
export type { LinkedCopy } from './links.js';
export { maxWaiting } from './lobby.js';
export type { ProfileChange } from './profiles.js';
export { forgetAwaited } from './publications.js';
export type { AttendRoom, ConsentRule, RoomRecorder } from './recorder.js';
export type { Relocation } from './relocation.js';
export {
  activeRoom,
  type NewSeat,
  reserveSeats,
  type SeatChange,
  wasFirstBy,
} from './repository.js';
export {
  applyPolicy,
  applyRights,
  muteAt,
  muteByHost,
  publicationsOf,
  type RightsChange,
  releaseByHost,
  unmuteByHost,
} from './rights.js';
export type { LeaveReason, Room, RoomBlock } from './room.js';
export { type Identity, type Outlet, type Seat, textOf, write } from './seat.js';

export interface RoomsContext {
  database: Database;
  nodes: Nodes;
  tokens: Pick<Tokens, 'verifyJoin' | 'issueStandby' | 'verifyStandby'>;
  clock: Clock;
  ids: Ids;
  log: FastifyBaseLogger;
  owners: Owners;
  iceServers: readonly IceServer[];
  policyOf: (meetingId: string) => Promise<Policy>;
  historyOf: (meetingId: string) => Promise<ChatMessage[]>;
  blocksOf: (meetingId: string) => Promise<RoomBlock[]>;
  /** What is to be known of a meeting whose room opens. */
  onOpening: (meetingId: string) => Promise<void>;
  /** Path of the picture of an account; null: it has none. */
  avatarOf: (userId: string) => Promise<string | null>;
  /** Written with the opening of a meeting's room. */
  opening: (meetingId: string) => Effect[];
  writer: JournalWriter;
  /** What is kept while the database is away. */
  keep: Keep;
  /** Events of a room are durable and wait in the outbox. */
  onWritten: () => void;
  /** Absent: nothing is recorded. */
  attend?: AttendRoom;
  /** The media of a room has moved to another node, or has not. */
  onMoved: (reason: MoveReason, result: 'moved' | 'failed') => void;
}

/** The rooms that live in this process. */
export class RoomsService {
  private readonly rooms = new Map<string, Room>();
  private readonly byRoomId = new Map<string, Room>();
  /** One opening or closing at a time per meeting. */
  private readonly turns = new Map<string, Promise<unknown>>();
  readonly entrance: Entrance;
  readonly relocation: Relocation;
  readonly standbys: Standbys;
  private readonly branches: Branches;
  private readonly inheritance: Inheritance;

  constructor(private readonly context: RoomsContext) {
    const report = (error: unknown, doing: string) => this.report(error, doing);
    this.branches = new Branches({ ...context, report });
    this.standbys = new Standbys(context);
    this.entrance = new Entrance({
      ...context,
      branches: this.branches,
      standbys: this.standbys,
      roomOf: (meetingId) => this.rooms.get(meetingId),
      recover: (meetingId) => this.recover(meetingId),
      lost: (room) => this.drop(room),
    });
    this.relocation = new Relocation({
      nodes: context.nodes,
      standbys: this.standbys,
      clock: context.clock,
      rooms: () => this.rooms.values(),
      moved: (room) => this.tellHeld(room),
      counted: context.onMoved,
      report,
    });
    this.inheritance = new Inheritance({
      ...{ ...context, report },
      isHere: (meetingId) => this.rooms.has(meetingId),
      recover: (meetingId) => this.recover(meetingId),
    });
    context.owners.onLost((controlId) => this.inheritance.processLost(controlId));
    context.nodes.listen({
      event: (nodeId, event) => this.onNodeEvent(nodeId, event),
      lost: (nodeId) => this.relocation.nodeLost(nodeId),
      described: (node, rooms) => this.reconcile(node, rooms),
      draining: (nodeId, until) => this.relocation.drain(nodeId, until),
    });
  }

  find(meetingId: string): Room | undefined {
    return this.rooms.get(meetingId);
  }

  get count(): number {
    return this.rooms.size;
  }

  get all(): Iterable<Room> {
    return this.rooms.values();
  }

  /**
   * Whether the node has a place for one more participant of the meeting.
   * @throws NodeError `no_capacity`.
   */
  async checkCapacity(meetingId: string): Promise<void> {
    const room = this.find(meetingId);
    if (room === undefined) await this.context.nodes.checkCapacity();
    else await room.checkCapacity();
  }

  /** Where somebody of that region best sits. */
  placeFor(room: Room, region: string): Promise<MediaPlace> {
    return this.branches.placeFor(room, region);
  }

  /** The live room of a meeting, opened when there is none. */
  open(meetingId: string): Promise<Room> {
    return this.inTurn(meetingId, async () => {
      const room = this.rooms.get(meetingId) ?? (await this.takeOver(meetingId));
      room.linger();
      return room;
    });
  }

  /** Takes the rooms over that processes left which are gone; their seats wait for a resume. */
  restore(): Promise<void> {
    return this.inheritance.restore();
  }

  /**
   * Moves the media of a room; without a node, to where placement says.
   * @throws ControlError `not_in_room`; `not_found` when it is over, also while the next one of its meeting
   * is here, and for a node that cannot be reached; as `Relocation.move`.
   */
  async move(
    { meetingId, roomId }: Omit<RoomKey, 'epoch'>,
    nodeId: string | null,
  ): Promise<MovedRoom> {
    const room = this.live(meetingId);
    if (room.key.roomId !== roomId) throw new ControlError('not_found', 'The room is over.');
    const to = nodeId === null ? null : this.context.nodes.find(nodeId);
    if (nodeId !== null && to === null) {
      throw new ControlError('not_found', 'The node cannot be reached.');
    }
    const isThere = to !== null && to.nodeId === room.media.placed.nodeId;
    const move = { reason: 'rebalance', overlapMs: longestOverlapMs } as const;
    const wanted = to === null ? move : { ...move, to };
    if (!isThere) await this.relocation.move(room, room.media, wanted);
    const { epoch } = room.key;
    const { nodeId: at } = room.media.placed;
    // Of two at once the first one counts.
    if (to !== null && at !== to.nodeId) {
      throw new ControlError('conflict', 'Another move of the room was under way.');
    }
    return { room_id: roomId, node_id: at, epoch };
  }

  /** The room of a meeting that another process left; undefined when there is none. */
  private recover(meetingId: string): Promise<Room | undefined> {
    return this.inTurn(meetingId, () => this.taken(meetingId));
  }

  private async taken(meetingId: string): Promise<Room | undefined> {
    const opened = this.rooms.get(meetingId) ?? (await takeRoom(this.context, meetingId));
    if (opened === null || opened instanceof Room) return opened ?? undefined;
    return this.hold(meetingId, opened);
  }

  private async takeOver(meetingId: string): Promise<Room> {
    const { clock, ids } = this.context;
    const wanted = { meetingId, freshId: ids.next(), at: new Date(clock.now()) };
    // Before it is ours: a meeting that is over gets no room.
    await this.context.policyOf(meetingId);
    return this.hold(meetingId, await openRoom(this.context, wanted));
  }

  /** Everything that there is of a room that is ours now. */
  private async hold(meetingId: string, opened: OpenedRoom): Promise<Room> {
    const { record, placed } = opened;
    const policy = await this.context.policyOf(meetingId);
    const { roomId, epoch, ...state } = record;
    const key: RoomKey = { meetingId, roomId, epoch };
    const [history, blocks] = await Promise.all([
      this.context.historyOf(meetingId),
      this.context.blocksOf(meetingId),
      this.context.onOpening(meetingId),
    ]);
    const context = this.contextFor(key, () => this.drop(room));
    const room: Room = new Room(key, policy, { ...state, history, placed }, context);
    room.blocks = blocks;
    this.attend(room);
    const unreached = await addBranches(room, record.branches, this.context.nodes);
    // Before the nodes are asked: what they say from then on is of this room.
    this.byRoomId.set(key.roomId, room);
    await this.restoreRoom(room, opened);
    this.rooms.set(meetingId, room);
    room.recorder.ready();
    this.tellHeld(room);
    if (epoch === 1) await this.recordOpening(room);
    for (const nodeId of unreached) this.branches.gone(room, nodeId);
    await this.relocation.review(room);
    return room;
  }

  private async restoreRoom(room: Room, { isWhereItWas }: OpenedRoom): Promise<void> {
    const report = (error: unknown, doing: string) => this.report(error, doing);
    const context = { ...this.context, report, isWhereItWas };
    try {
      if (this.context.attend !== undefined) room.recorder = await this.context.attend(room);
      await this.restoreSeats(room, await adoptMedia(room, context));
    } catch (error) {
      // The next try makes another one; timers of this one would act on the same seats.
      this.byRoomId.delete(room.key.roomId);
      room.close();
      room.listener.closed();
      throw error;
    }
  }

  private attend(room: Room): void {
    const { clock } = this.context;
    const seats = () => room.seats.values();
    const succession = new Succession(clock, seats, (heir) => this.succeed(room, heir));
    room.listener = {
      empty: () => {
        this.close(room).catch((error) => this.report(error, 'close a room'));
      },
      membership: () => {
        succession.review();
        this.branches.review(room);
        this.relocation.membership(room);
      },
      closed: () => {
        succession.close();
        room.recorder.close();
      },
    };
  }

  private succeed(room: Room, heir: Seat): void {
    const effects = [seatChanged({ seat: room.keyOf(heir), change: { role: 'host' } })];
    applyRights(room, heir, { role: 'host' });
    heir.emit(write('moderated', { action: 'role', by: null, detail: { role: 'host' } }));
    room.listener.membership();
    room
      .record('participant.updated', heir.id, { role: 'host' }, { effects })
      .catch((error) => this.report(error, 'write who is host now'));
  }

  private recordOpening(room: Room): Promise<void> {
    const effects = this.context.opening(room.key.meetingId);
    return room.record('meeting.started', null, {}, { effects });
  }

  /** @param atNode whom the nodes have. */
  private async restoreSeats(room: Room, atNode: ReadonlyMap<string, Hold>): Promise<void> {
    const { meetingId, roomId } = room.key;
    for (const record of await repository.seatsTaken(this.context.database, meetingId, roomId)) {
      if (record.kind !== 'person') {
        await this.freeEndpoint(room, record.participantId);
        continue;
      }
      const hold = atNode.get(record.participantId);
      if (hold !== undefined) room.putAt(record.participantId, hold.place);
      await this.restoreSeat(room, record, hold?.isServed ?? false);
    }
  }

  private async restoreSeat(
    room: Room,
    record: repository.SeatRecord,
    keepsMedia: boolean,
  ): Promise<void> {
    const avatarUrl = await this.entrance.avatarOf(record.userId);
    const seat = this.entrance.seatFrom(room, { ...record, avatarUrl }, 'reconnecting');
    if (record.joinedAt === null) {
      const since = (record.lobbySince as Date).getTime();
      const slots = { audio: 0, video: 0 };
      room.lobby.enter({ seat, since, slots, region: room.media.region, resumeToken: null });
      room.awaitInLobby(seat);
      return;
    }
    seat.setRestored(keepsMedia);
    room.take(seat);
    room.await(seat);
  }

  /** An endpoint has no socket to resume: its transport ended with the older epoch. */
  private freeEndpoint(room: Room, participantId: string): Promise<void> {
    const reason = 'timeout';
    const seat = { meetingId: room.key.meetingId, participantId };
    const effects = [seatFreed({ seat, reason, at: this.context.clock.now() })];
    return room.record('participant.left', participantId, { reason }, { effects });
  }

  private contextFor(key: RoomKey, lost: () => void): RoomContext {
    const { clock, ids } = this.context;
    const written = this.context.onWritten;
    const journal = new RoomJournal(this.context, key, { lost, written });
    const report = (error: unknown, doing: string) => this.report(error, doing);
    return { clock, ids, journal, report };
  }

  private async close(room: Room): Promise<void> {
    const { meetingId, roomId } = room.key;
    await this.inTurn(meetingId, async () => {
      if (this.rooms.get(meetingId) !== room) return;
      // Somebody is on the way, or waits.
      if (room.placesTaken > 0 || room.lobby.size > 0) return room.linger();
      const effects = [roomClosed({ room: { meetingId, roomId }, at: this.context.clock.now() })];
      await this.recordEnd(room, { reason: 'empty', effects });
      this.context.log.info({ room: roomId }, 'room closed');
    });
  }

  /**
   * Ends the live room of a meeting for everybody, also one that a process which is gone has left; without
   * one, only `effects` are done. Media and sockets end when that is durable: who is told that it is over
   * does not come back, and this process may die, or have lost the room. Resolves then.
   * @param effects what is written with it: that the meeting itself is over.
   */
  end(meetingId: string, effects: readonly Effect[]): Promise<void> {
    const { database, writer } = this.context;
    return this.inTurn(meetingId, async () => {
      const room = await this.taken(meetingId);
      if (room === undefined) return database.transaction((tx) => writer.apply(tx, effects));
      await this.recordEndForAll(room, { effects });
    });
  }

  /**
   * As `end`, by somebody who is in the room: another order may have been first, and the next room of the
   * meeting be open. @throws ControlError `not_in_room`: it is not here any more.
   */
  endHere(room: Room, effects: readonly Effect[]): Promise<void> {
    const { meetingId } = room.key;
    return this.inTurn(meetingId, async () => {
      if (this.rooms.get(meetingId) !== room) throw notLive();
      await this.recordEndForAll(room, { effects });
    });
  }

  /** As `end`, but the room goes on for good when `within` refuses. */
  endOnceWritten(meetingId: string, within: (tx: Queryable) => Promise<void>): Promise<void> {
    return this.inTurn(meetingId, async () => {
      const room = await this.taken(meetingId);
      if (room === undefined) return this.context.database.transaction(within);
      await this.recordEndForAll(room, { within });
    });
  }

  private recordEndForAll(
    room: Room,
    { effects = [], ...also }: Pick<JournalEntry, 'effects' | 'within'>,
  ): Promise<void> {
    const reason = 'ended';
    const at = this.context.clock.now();
    const { meetingId, roomId } = room.key;
    const key = { meetingId, roomId };
    const all = [seatsFreed({ room: key, reason, at }), roomClosed({ room: key, at }), ...effects];
    const before = room.allLeft(reason);
    return this.recordEnd(room, { ...also, reason, before, effects: all });
  }

  /**
   * In the very turn in which it is durable the room is over here: for whoever has come until then, and
   * wherever its media has gone until then. Nobody comes behind it: the journal takes nothing more.
   */
  private async recordEnd(
    room: Room,
    { reason, ...also }: { reason: string } & Pick<JournalEntry, 'effects' | 'within' | 'before'>,
  ): Promise<void> {
    let closed = Promise.resolve();
    const committed = () => {
      room.recorder.ended();
      this.forget(room, 'meeting_ended');
      closed = this.closeMedia(room);
    };
    const recorded = room.recorder.ending();
    const all = {
      before: [...recorded.before, ...(also.before ?? [])],
      effects: [...recorded.effects, ...(also.effects ?? [])],
    };
    const entry = { ...also, ...all, committed, isLast: true };
    await room.record('meeting.ended', null, { reason }, entry);
    await closed;
  }

  /** A node that is lost has nothing of the room, or closes it when it comes back. */
  private async closeMedia(room: Room): Promise<void> {
    await room.closeMedia().catch((error) => this.report(error, 'close a room at its nodes'));
  }

  private sendAway(room: Room, reason: CloseReason): void {
    for (const seat of [...room.seats.values(), ...room.lobby.seats]) seat.close(reason);
  }

  /** An account shows itself otherwise: so do its seats, everywhere. */
  profileChanged(userId: string, change: ProfileChange): void {
    for (const room of this.rooms.values()) showProfile(room, userId, change);
  }

  /** The account is disabled or gone: it leaves every room, as who is removed does. */
  endAccount(userId: string): void {
    for (const room of this.rooms.values()) {
      room.expected.forgetAccount(userId);
      for (const seat of [...room.seats.values(), ...room.lobby.seats]) {
        if (seat.identity.userId !== userId) continue;
        room.release(seat, 'removed').catch((error) => this.report(error, 'free a seat'));
        seat.close('removed');
      }
    }
  }

  /** Another process has the room now: the clients find it there. A later room of its meeting stays. */
  private drop(room: Room): void {
    if (this.rooms.get(room.key.meetingId) !== room) return;
    this.forget(room, 'room_gone');
    void this.closeMedia(room);
  }

  private tellHeld({ key, media }: Room): void {
    this.context.owners.held({ ...key, nodeId: media.placed.nodeId });
  }

  /** It is not here any more: whoever is in it, or waits, is told why. */
  private forget(room: Room, reason: CloseReason): void {
    room.close();
    this.sendAway(room, reason);
    room.listener.closed();
    this.rooms.delete(room.key.meetingId);
    this.context.owners.dropped(room.key);
    this.byRoomId.delete(room.key.roomId);
  }

  /**
   * A copy of a room of ours that is elsewhere by now is closed, as is one of a room that is over. Of
   * rooms of others their processes know, for how long a node goes on that they have left above all. One
   * of a newer epoch is that of a process which has taken the room; that may have ended it as well, and
   * the node has none of it then.
   */
  private reconcile(node: PlacedNode, described: readonly DescribedRoom[]): void {
    const foreign = described.filter(({ roomId }) => !this.byRoomId.has(roomId));
    const stale = described.filter(({ roomId, epoch }) => {
      const room = this.byRoomId.get(roomId);
      return room !== undefined && epoch <= room.key.epoch && !room.nodeIds.includes(node.nodeId);
    });
    const epochs = new Map(described.map(({ roomId, epoch }) => [roomId, epoch]));
    const taken = [...this.rooms.values()].filter((room) => {
      const epoch = epochs.get(room.key.roomId);
      return epoch === undefined ? room.isOpenAt(node.nodeId) : epoch > room.key.epoch;
    });
    this.closeAll(node, stale)
      .then(() => this.closeOver(node, foreign))
      .then(() => Promise.all(taken.map((room) => this.recheck(room))))
      .catch((error) => this.report(error, 'look through what a node has'));
  }

  /** Where nothing is written it would not be heard of otherwise. */
  private async recheck(room: Room): Promise<void> {
    const { database, owners } = this.context;
    const hold = await repository.activeRoom(database, room.key.meetingId);
    if (hold?.controlId !== owners.controlId) this.drop(room);
  }

  private async closeOver(node: PlacedNode, foreign: readonly DescribedRoom[]): Promise<void> {
    const { database, owners } = this.context;
    if (foreign.length === 0 || !owners.speaksFor(node)) return;
    const roomIds = foreign.map(({ roomId }) => roomId);
    const open = new Set(await repository.openOf(database, roomIds));
    await this.closeAll(
      node,
      foreign.filter(({ roomId }) => !open.has(roomId)),
    );
  }

  private async closeAll({ client }: PlacedNode, rooms: readonly DescribedRoom[]): Promise<void> {
    await Promise.all(rooms.map(({ roomId, epoch }) => client.closeRoom({ roomId, epoch })));
  }

  private onNodeEvent(nodeId: string, event: NodeEvent): void {
    const room = this.byRoomId.get(event.roomId);
    if (room !== undefined) handleNodeEvent(room, nodeId, event);
  }

  /** What a room that is gone could not do any more is no failure. */
  private report(error: unknown, doing: string): void {
    if (error instanceof RoomLost) return;
    this.context.log.error({ err: error }, `failed to ${doing}`);
  }

  private inTurn<Result>(meetingId: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.turns.get(meetingId) ?? Promise.resolve();
    const turn = before.then(work, work);
    // Who asked for it hears how it ended; the next in turn comes either way.
    const done = turn
      .catch(() => {})
      .then(() => {
        if (this.turns.get(meetingId) === done) this.turns.delete(meetingId);
      });
    this.turns.set(meetingId, done);
    return turn;
  }

  /** Resolves when no room is being opened or closed. */
  async settled(): Promise<void> {
    while (this.turns.size > 0) await Promise.all(this.turns.values());
  }

  /** Ends the sockets, leaves every seat to be resumed, and waits until all is written. */
  async shutDown(): Promise<void> {
    this.inheritance.stop();
    this.relocation.stop();
    const rooms = [...this.rooms.values()];
    for (const room of rooms) this.forget(room, 'going_away');
    await Promise.all(rooms.map((room) => room.context.journal.settled()));
  }

  /** @throws ControlError `not_in_room` unless the meeting has a live room. */
  live(meetingId: string): Room {
    const room = this.rooms.get(meetingId);
    if (room === undefined) throw notLive();
    return room;
  }
}

function notLive(): ControlError {
  return new ControlError('not_in_room', 'The room is closed.');
}
