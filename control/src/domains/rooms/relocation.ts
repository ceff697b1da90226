import type { Clock } from '../../clock.js';
import type { RoomRef } from '../../nodes/node-client.js';
import type { Nodes, PlacedNode } from '../../nodes/nodes.js';
import type { ServerPayloads } from '../../schemas/server-messages.js';
import { roomMoved } from './effects.js';
import { EndpointSeat } from './endpoint-seat.js';
import { nodeRef } from './entrance.js';
import { LossReports } from './loss-reports.js';
import type { FormerPlace } from './media-place.js';
import { awaitAll, forgetAllAwaited } from './publications.js';
import type { Room } from './room.js';
import { type Seat, type Written, write } from './seat.js';

export type MoveReason = ServerPayloads['migrate']['reason'];

export interface RelocationContext {
  nodes: Nodes;
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
  private readonly moving = new Map<Room, Promise<void>>();
  /** Nodes that are drained, and until when; of the monotonic clock. */
  private readonly drained = new Map<string, number>();
  private readonly losses: LossReports;
  private readonly cancels = new Set<() => void>();
  private stopped = false;

  constructor(private readonly context: RelocationContext) {
    this.losses = new LossReports(context.clock);
  }

  nodeLost(nodeId: string): void {
    this.drained.delete(nodeId);
    for (const room of this.roomsAt(nodeId)) {
      room.media.lose();
      this.rescue(room);
    }
    for (const { media } of this.context.rooms()) {
      if (media.former?.placed.nodeId === nodeId) media.endFormer();
    }
  }

  /** Nothing moves any more. */
  stop(): void {
    this.stopped = true;
    for (const cancel of this.cancels) cancel();
    this.cancels.clear();
  }

  /** @param until of the monotonic clock; null: what has not moved yet stays. */
  drain(nodeId: string, until: number | null): void {
    const isBegun = this.drained.has(nodeId);
    if (until === null) this.drained.delete(nodeId);
    else this.drained.set(nodeId, until);
    if (!isBegun && until !== null) this.clearNext(nodeId);
  }

  /** Somebody hears nothing of the node of their room. */
  mediaLost(room: Room, seat: Seat): void {
    const { nodeId } = room.media.placed;
    const rooms = this.roomsAt(nodeId);
    const people = rooms.reduce((sum, { seats }) => sum + seats.size, 0);
    const report = { roomId: room.key.roomId, participantId: seat.id };
    if (this.losses.add(nodeId, report, people)) this.context.nodes.suspect(nodeId);
  }

  /** Moves the room unless it is under way. @throws as `begin`. */
  async move(room: Room, move: Move): Promise<void> {
    const under = this.moving.get(room);
    if (under !== undefined) return under;
    const begun = this.begin(room, move).finally(() => this.moving.delete(room));
    this.moving.set(room, begun);
    const { counted } = this.context;
    try {
      await begun;
      counted(move.reason, 'moved');
    } catch (error) {
      counted(move.reason, 'failed');
      throw error;
    } finally {
      // It is nowhere: not where it was, and not where it was to go.
      if (!room.media.isOpen) this.later(againMs, () => this.rescue(room));
    }
  }

  /** Everybody has media on the present node: the former one is not needed any more. */
  arrived(room: Room, seat: Seat): void {
    seat.isMoving = false;
    const isAwaited = [...room.seats.values()].some((one) => one.isMoving && one.isConnected);
    if (!isAwaited) room.media.endFormer();
  }

  private roomsAt(nodeId: string): Room[] {
    return [...this.context.rooms()].filter(({ media }) => media.placed.nodeId === nodeId);
  }

  /** Until there is a node for it, or the room needs none any more. */
  private rescue(room: Room): void {
    if (room.isClosed || room.media.isOpen) return;
    this.move(room, { reason: 'failure', overlapMs: 0 }).catch((error) => {
      this.context.report(error, 'move a room from a lost node');
    });
  }

  /** One room after the other, until it has none, or is drained no more. New ones come no longer. */
  private clearNext(nodeId: string): void {
    const until = this.drained.get(nodeId);
    if (until === undefined) return;
    const { clock, report } = this.context;
    const room = this.roomsAt(nodeId).find((one) => !this.moving.has(one));
    const next = (ms: number) => this.later(ms, () => this.clearNext(nodeId));
    if (room === undefined) {
      next(againMs);
      return;
    }
    const leftMs = Math.max(1, until - clock.monotonic());
    const overlap = Math.min(longestOverlapMs, leftMs);
    this.move(room, { reason: 'drain', overlapMs: overlap }).then(
      () => next(paceMs),
      (error) => {
        report(error, 'move a room from a drained node');
        next(againMs);
      },
    );
  }

  /**
   * @throws NodeError `no_capacity`, ControlError `stale_epoch`: it is where it was; NodeError
   * `node_lost` when the new node failed as well: it goes on to another one by itself.
   */
  private async begin(room: Room, { reason, to, overlapMs: overlap }: Move): Promise<void> {
    const former = { placed: room.media.placed, epoch: room.key.epoch };
    const target = to ?? this.context.nodes.place({ except: former.placed.nodeId });
    await this.record(room, target, reason);
    if (overlap > 0) this.overlap(room, former, overlap);
    else this.end(room, former);
    await room.media.opened;
    awaitAll(room);
    this.later(awaitedMs, () => forgetAllAwaited(room, 'node_lost'));
    const { roomId, epoch } = room.key;
    const event = write('migrate', {
      ...{ epoch, node_id: target.nodeId, reason, make_before_break: overlap > 0 },
      ...{ deadline_ms: overlap, retry_jitter_ms: spreadMs },
    });
    const seats = [...room.seats.values()];
    await Promise.all(seats.map((seat) => this.reseat({ roomId, epoch }, { room, seat, event })));
  }

  private record(room: Room, target: PlacedNode, reason: MoveReason): Promise<void> {
    const { key, media } = room;
    const from = { ...key };
    const { nodeId } = target;
    const epoch = key.epoch + 1;
    return room.record(
      'room.migrated',
      null,
      { reason, from: media.placed.nodeId, to: nodeId, epoch },
      {
        effects: [roomMoved({ from, nodeId })],
        raisesTo: epoch,
        committed: () => {
          key.epoch = epoch;
          this.settle(room, target);
        },
      },
    );
  }

  /** In the very turn in which it is durable: whoever resumes from now on begins anew there. */
  private settle(room: Room, target: PlacedNode): void {
    room.media.moveTo(target, target.client.openRoom({ ...nodeRef(room), moves: true }));
    this.context.moved(room);
    for (const seat of room.seats.values()) {
      if (!seat.isAtNode) continue;
      seat.keepsMedia = false;
      seat.isMoving = true;
    }
  }

  /** A node that was given up may be there again, with the room as it was. */
  private end(room: Room, { placed: { nodeId }, epoch }: FormerPlace): void {
    const { roomId } = room.key;
    const back = this.context.nodes.find(nodeId);
    back?.client.closeRoom({ roomId, epoch }).catch(() => {}); // lost again: looked through when found
  }

  /**
   * Everybody who has a seat gets a place on the new node; programs have to come anew. A client is told
   * first: what the node offers it next is of the epoch that it knows then.
   */
  private async reseat(
    ref: RoomRef,
    { room, seat, event }: { room: Room; seat: Seat; event: Written<'migrate'> },
  ): Promise<void> {
    if (seat instanceof EndpointSeat) return room.release(seat, 'timeout');
    await seat.inTurn(async () => {
      // Whoever comes by itself is told where by `joined`.
      if (room.key.epoch !== ref.epoch || !seat.isMoving || seat.arriving > 0) return;
      if (seat.welcomed) seat.emit(event);
      await room.node.addParticipant({ ...ref, participantId: seat.id, slots: seat.slots });
    });
  }

  private overlap(room: Room, former: FormerPlace, forMs: number): void {
    room.media.leave(
      former,
      this.context.clock.after(forMs, () => room.media.endFormer()),
    );
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
