import type { Clock } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import type { Nodes, PlacedNode } from '../../nodes/nodes.js';
import type { ServerPayloads } from '../../schemas/server-messages.js';
import { roomMoved } from './effects.js';
import { EndpointSeat } from './endpoint-seat.js';
import { LossReports } from './loss-reports.js';
import { type Copy, MediaPlace } from './media-place.js';
import { awaitOf, forgetAwaitedSince } from './publications.js';
import type { Room } from './room.js';
import { type Seat, type Written, write } from './seat.js';
import type { Standbys } from './standbys.js';

export type MoveReason = ServerPayloads['migrate']['reason'];

export interface RelocationContext {
  nodes: Nodes;
  standbys: Standbys;
  clock: Clock;
  rooms: () => Iterable<Room>;
  /** Its media is elsewhere, under another epoch. */
  moved: (room: Room) => void;
  counted: (reason: MoveReason, result: 'moved' | 'failed') => void;
  report: (error: unknown, doing: string) => void;
}

export interface Move {
  reason: MoveReason;
  /** In place of where placement would put it. */
  to?: PlacedNode;
  /** The node that it leaves goes on for so long at most, until the new one has everybody; 0: not at all. */
  overlapMs: number;
}

/** Whom a move concerns, at the moment when it was durable. */
interface Settled {
  seats: readonly Seat[];
  /** Under which they are there. */
  epoch: number;
}

/** Of a node: one that was called off and begun anew is another. */
interface Drain {
  /** By the monotonic clock. */
  until: number;
}

/** Between two tries for a room that finds no node. */
const againMs = 1000;
/** Clients of a room do not all come at one moment; more would be a gap that is heard. */
const spreadMs = 200;
/** What nobody publishes anew within this time is gone. */
const awaitedMs = 15_000;
/** A client needs a second; one that stands still does not hold up the node that is left for longer. */
export const longestOverlapMs = 30_000;
/** Between the rooms of a drained node: their clients come one room after the other. */
const paceMs = 50;

/**
 * Moves the media of rooms between nodes: seats, roster and chat stay, the epoch is the next one, and
 * every client is told to open its transports there.
 */
export class Relocation {
  private readonly moving = new Map<MediaPlace, Promise<void>>();
  /** Nodes that are drained, and until when; of the monotonic clock. */
  private readonly drained = new Map<string, Drain>();
  private readonly losses: LossReports;
  private readonly cancels = new Set<() => void>();
  private stopped = false;

  constructor(private readonly context: RelocationContext) {
    this.losses = new LossReports(context.clock);
  }

  nodeLost(nodeId: string): void {
    this.drained.delete(nodeId);
    for (const { room, place } of this.placesAt(nodeId)) void this.lose(room, place);
    this.endFormersAt(nodeId);
    this.nameOthers(nodeId);
  }

  private endFormersAt(nodeId: string): void {
    for (const place of [...this.context.rooms()].flatMap(({ places }) => places)) {
      if (place.former?.placed.nodeId === nodeId) place.endFormer();
    }
  }

  /** Not before those have moved whose media it had. */
  private nameOthers(nodeId: string): void {
    const { standbys, rooms } = this.context;
    this.later(againMs, () => standbys.gone(nodeId, rooms()));
  }

  /**
   * A room has come here: what was lost while it was on its way was told of no room. Resolves when that
   * has moved, or is tried again later.
   */
  async review(room: Room): Promise<void> {
    const { nodes } = this.context;
    const isThere = ({ isOpen, placed }: MediaPlace) =>
      isOpen && nodes.find(placed.nodeId) === placed;
    const lost = room.places.filter((place) => !isThere(place));
    await Promise.all(lost.map((place) => this.lose(room, place)));
  }

  private lose(room: Room, place: MediaPlace): Promise<void> {
    place.lose();
    return this.rescue(room, place);
  }

  /** Nothing moves any more. */
  stop(): void {
    this.stopped = true;
    for (const cancel of this.cancels) cancel();
    this.cancels.clear();
  }

  /** @param until as `NodesListener.draining`. */
  drain(nodeId: string, until: number | null): void {
    if (until === null) {
      this.drained.delete(nodeId);
      return;
    }
    const known = this.drained.get(nodeId);
    const drain = known ?? { until };
    drain.until = until;
    this.drained.set(nodeId, drain);
    this.endDrainAt(nodeId, drain);
    if (known !== undefined) return;
    this.clearNext(nodeId, drain);
    this.nameOthers(nodeId);
  }

  /** Whatever is under way then. */
  private endDrainAt(nodeId: string, drain: Drain): void {
    const { until } = drain;
    if (until === Number.POSITIVE_INFINITY) return;
    this.later(Math.max(0, until - this.context.clock.monotonic()), () => {
      if (this.drained.get(nodeId) === drain && drain.until === until) this.closeLeft(nodeId);
    });
  }

  /** The time of a drain is over: what found no other node is without media until there is one. */
  private closeLeft(nodeId: string): void {
    for (const { room, place } of this.placesAt(nodeId)) {
      if (!place.isOpen) continue;
      this.end(room, place.now);
      void this.lose(room, place);
    }
    this.endFormersAt(nodeId);
  }

  /**
   * Somebody hears nothing of the node of their room. Who has a ticket has it looked at at once: it is
   * lost only if it does not answer, so nobody moves a room by saying so.
   */
  async mediaLost(room: Room, seat: Seat, ticket?: string): Promise<void> {
    const { nodes, standbys } = this.context;
    const isShown = ticket !== undefined && (await standbys.honours(room, seat, ticket));
    const { nodeId } = room.placeOf(seat).placed;
    const people = this.placesAt(nodeId).reduce(
      (sum, at) => sum + at.room.seatsAt(at.place).length,
      0,
    );
    const report = { roomId: room.key.roomId, participantId: seat.id };
    const areMany = this.losses.add(nodeId, report, people);
    if (isShown || areMany) nodes.suspect(nodeId);
  }

  /** Moves one place of a room unless it is under way. @throws as `begin`. */
  async move(room: Room, place: MediaPlace, move: Move): Promise<void> {
    const under = this.moving.get(place);
    if (under !== undefined) return under;
    const begun = this.begin(room, place, move).finally(() => this.moving.delete(place));
    this.moving.set(place, begun);
    const { counted } = this.context;
    try {
      await begun;
      counted(move.reason, 'moved');
    } catch (error) {
      counted(move.reason, 'failed');
      throw error;
    } finally {
      // It is nowhere: not where it was, and not where it was to go.
      if (!place.isOpen) this.later(againMs, () => this.rescue(room, place));
    }
  }

  /** Everybody has media on the present node: the former one is not needed any more. */
  arrived(room: Room, seat: Seat): void {
    seat.isMoving = false;
    this.endFormer(room, room.placeOf(seat));
  }

  /** Somebody went, or lost their socket: they may have been the last who were waited for. */
  membership(room: Room): void {
    for (const place of room.places) if (place.former !== null) this.endFormer(room, place);
  }

  private endFormer(room: Room, place: MediaPlace): void {
    const isAwaited = room.seatsAt(place).some((one) => one.isMoving && one.isConnected);
    if (!isAwaited) place.endFormer();
  }

  private placesAt(nodeId: string): { room: Room; place: MediaPlace }[] {
    return [...this.context.rooms()].flatMap((room) =>
      room.places
        .filter(({ placed }) => placed.nodeId === nodeId)
        .map((place) => ({ room, place })),
    );
  }

  /** Until there is a node for it, or the room needs none any more. */
  private async rescue(room: Room, place: MediaPlace): Promise<void> {
    if (room.isClosed || place.isOpen || !room.places.includes(place)) return;
    await this.move(room, place, { reason: 'failure', overlapMs: 0 }).catch((error) => {
      this.context.report(error, 'move a room from a lost node');
    });
  }

  /** One room after the other, until that drain is over. New ones come no longer. */
  private clearNext(nodeId: string, drain: Drain): void {
    if (this.drained.get(nodeId) !== drain) return;
    const { clock, report } = this.context;
    const leftMs = drain.until - clock.monotonic();
    if (leftMs <= 0) this.closeLeft(nodeId);
    const found = this.placesAt(nodeId).find(
      ({ place }) => place.isOpen && !this.moving.has(place),
    );
    const next = (ms: number) => this.later(ms, () => this.clearNext(nodeId, drain));
    if (found === undefined) {
      next(againMs);
      return;
    }
    const overlap = Math.min(longestOverlapMs, leftMs);
    this.move(found.room, found.place, { reason: 'drain', overlapMs: overlap }).then(
      () => next(paceMs),
      (error) => {
        report(error, 'move a room from a drained node');
        next(againMs);
      },
    );
  }

  /**
   * @throws NodeError `no_capacity`, ControlError `stale_epoch`, `conflict` (another place of the room is
   * on that node, or goes there): it is where it was; NodeError `node_lost` when the new node failed as
   * well: it goes on to another one by itself.
   */
  private async begin(room: Room, place: MediaPlace, move: Move): Promise<void> {
    if (move.to !== undefined && room.nodeIdsBut(place).includes(move.to.nodeId)) {
      throw new ControlError('conflict', 'Others of the room are on that node.');
    }
    const to = move.to ?? this.target(room, place, move.reason);
    if ('nodeId' in to) await this.moveToNode(room, place, { ...move, to });
    else await this.merge(room, place, { into: to, reason: move.reason });
  }

  /**
   * Another node of its region, after a loss the one that was named; else another place of the room,
   * else any node.
   */
  private target(room: Room, place: MediaPlace, reason: MoveReason): PlacedNode | MediaPlace {
    const { nodes, standbys } = this.context;
    const rather = reason === 'failure' ? standbys.named(place) : undefined;
    const { region } = place;
    // Back to the former one it may go, and to one that was lost and is there again.
    const own = place.copies.filter((copy) => copy !== place.former);
    const except = [...own.map(({ placed }) => placed.nodeId), ...room.nodeIdsBut(place)];
    const other = room.places.find((one) => one !== place && one.isOpen);
    return nodes.placeIn(region, except, rather) ?? other ?? nodes.place({ except, region });
  }

  private async moveToNode(
    room: Room,
    place: MediaPlace,
    { reason, to: target, overlapMs: overlap }: Move & { to: PlacedNode },
  ): Promise<void> {
    const former = place.now;
    const settled: Settled = { seats: [], epoch: 0 };
    const settle = () => {
      const { roomId, epoch } = room.key;
      const opened = target.client.openRoom({ roomId, epoch, moves: true });
      // In this very turn: a room that ends with the next entry knows of both.
      const { clock } = this.context;
      const cancelEnd = overlap > 0 ? clock.after(overlap, () => place.endFormer()) : null;
      place.moveTo({ placed: target, epoch, opened }, cancelEnd);
      if (cancelEnd === null) this.end(room, former);
      this.settle(room, room.seatsAt(place), settled);
    };
    await room.whileGoingTo(target.nodeId, () =>
      this.record(room, place, { reason, to: target }, settle),
    );
    if (room.isClosed) return;
    await place.opened;
    await this.tellMoved(room, settled, { target, reason, overlap });
    // Nobody was there: whoever is away for a moment may still hear the former one.
    if (!room.seatsAt(place).some(({ isMoving }) => isMoving)) place.endFormer();
  }

  /** Its people go where others of the room are: there is no node for them alone. */
  private async merge(
    room: Room,
    place: MediaPlace,
    { into, reason }: { into: MediaPlace; reason: MoveReason },
  ): Promise<void> {
    const settled: Settled = { seats: [], epoch: 0 };
    await this.record(room, place, { reason, to: into }, () => {
      const seats = room.seatsAt(place);
      // What came from there over a link ends before its people publish it here.
      room.removePlace(place);
      for (const seat of seats) room.putAt(seat.id, into);
      this.settle(room, seats, settled);
    });
    if (room.isClosed) return;
    await into.opened;
    await this.tellMoved(room, settled, { target: into.placed, reason, overlap: 0 });
  }

  /** They get a place at the node, and are told to come there. */
  private async tellMoved(
    room: Room,
    { seats, epoch }: Settled,
    { target, reason, overlap }: { target: PlacedNode; reason: MoveReason; overlap: number },
  ): Promise<void> {
    this.later(awaitedMs, () => forgetAwaitedSince(room, epoch, 'node_lost'));
    const event = write('migrate', {
      ...{ epoch, node_id: target.nodeId, reason, make_before_break: overlap > 0 },
      ...{ deadline_ms: overlap, retry_jitter_ms: spreadMs },
    });
    const present = seats.filter((seat) => room.seats.get(seat.id) === seat);
    await Promise.all(present.map((seat) => this.reseat(room, seat, event)));
  }

  /** Whichever place they are of: each takes the next epoch. */
  private record(...move: Parameters<Relocation['write']>): Promise<void> {
    const [room] = move;
    return room.placesInTurn(() => this.write(...move));
  }

  /**
   * @throws ControlError `stale_epoch`: the place is not there any more, or they have gone meanwhile.
   */
  private async write(
    room: Room,
    place: MediaPlace,
    { reason, to }: { reason: MoveReason; to: PlacedNode | MediaPlace },
    settle: () => void,
  ): Promise<void> {
    const needed = to instanceof MediaPlace ? [place, to] : [place];
    if (!needed.every((one) => room.places.includes(one))) {
      throw new ControlError('stale_epoch', 'Nobody is at that node any more.');
    }
    // Others may have moved while this one waited for its turn.
    const { nodeId: target } = to instanceof MediaPlace ? to.placed : to;
    const { key } = room;
    const before = { ...key };
    const epoch = key.epoch + 1;
    const from = place.placed.nodeId;
    const payload = { reason, from, to: target, epoch };
    await room.record('room.migrated', null, payload, {
      effects: [roomMoved({ room: before, from, to: target })],
      raisesTo: epoch,
      committed: () => {
        key.epoch = epoch;
        settle();
        room.recorder.moved({ nodeId: target, epoch }, reason);
        this.context.moved(room);
      },
    });
  }

  /** In the very turn in which it is durable: whoever resumes from now on begins anew there. */
  private settle(room: Room, seats: readonly Seat[], settled: Settled): void {
    settled.seats = seats;
    awaitOf(room, seats);
    settled.epoch = room.key.epoch;
    for (const seat of seats) {
      if (!seat.isAtNode || room.seats.get(seat.id) !== seat) continue;
      seat.keepsMedia = false;
      seat.isMoving = true;
      // What comes from now on of the older one is stale, though its client was not told yet.
      seat.epoch = room.key.epoch;
    }
  }

  /** A node that was given up may be there again, with the room as it was. */
  private end(room: Room, { placed: { nodeId }, epoch }: Copy): void {
    const { roomId } = room.key;
    const back = this.context.nodes.find(nodeId);
    back?.client.closeRoom({ roomId, epoch }).catch(() => {}); // lost again: looked through when found
  }

  /**
   * Everybody who has a seat gets a place on the new node; programs have to come anew. A client is told
   * first: what the node offers it next is of the epoch that it knows then.
   */
  private async reseat(room: Room, seat: Seat, event: Written<'migrate'>): Promise<void> {
    if (seat instanceof EndpointSeat) return room.release(seat, 'timeout');
    const place = room.placeOf(seat);
    const { ref } = place;
    await seat.inTurn(async () => {
      // Whoever comes by itself is told where by `joined`.
      const isThere = room.placeOf(seat) === place && place.ref.epoch === ref.epoch;
      if (!isThere || !seat.isMoving || seat.arriving > 0) return;
      // Nor is whoever is away: the node would say of them that their transports are there.
      if (!seat.isConnected) return;
      if (seat.welcomed) {
        seat.emit(event);
        this.context.standbys.tell(room, seat);
      }
      await place.client.addParticipant({ ...ref, participantId: seat.id, slots: seat.slots });
    });
  }

  private later(ms: number, task: () => void): void {
    if (this.stopped) return;
    const cancel = this.context.clock.after(ms, () => {
      this.cancels.delete(cancel);
      task();
    });
    this.cancels.add(cancel);
  }
}
