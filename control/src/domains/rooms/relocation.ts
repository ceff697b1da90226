import type { Clock } from '../../clock.js';
import type { Nodes, PlacedNode } from '../../nodes/nodes.js';
import type { ServerPayloads } from '../../schemas/server-messages.js';
import type { Queryable } from '../../store/database.js';
import { EndpointSeat } from './endpoint-seat.js';
import { nodeRef } from './entrance.js';
import type { FormerPlace } from './media-place.js';
import { awaitAll, forgetAllAwaited } from './publications.js';
import { moveRoom } from './repository.js';
import type { Room } from './room.js';
import { type Seat, write } from './seat.js';

export type MoveReason = ServerPayloads['migrate']['reason'];

export interface RelocationContext {
  nodes: Nodes;
  clock: Clock;
  roomsAt: (nodeId: string) => Room[];
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
/** For a move that nobody set a time for; a client needs a second. */
export const overlapMs = 10_000;

/**
 * Moves the media of rooms between nodes: seats, roster and chat stay, the epoch is the next one, and
 * every client is told to open its transports there.
 */
export class Relocation {
  private readonly moving = new Map<Room, Promise<void>>();
  /** Nodes that are drained, and until when; of the monotonic clock. */
  private readonly drained = new Map<string, number>();

  constructor(private readonly context: RelocationContext) {}

  nodeLost(nodeId: string): void {
    for (const room of this.context.roomsAt(nodeId)) this.rescue(room, nodeId);
  }

  /** @param until of the monotonic clock; null: what has not moved yet stays. */
  drain(nodeId: string, until: number | null): void {
    if (until === null) this.drained.delete(nodeId);
    else this.drained.set(nodeId, until);
    for (const room of this.context.roomsAt(nodeId)) this.clear(room, nodeId);
  }

  /** Moves the room unless it is under way. @throws as `begin`. */
  async move(room: Room, move: Move): Promise<void> {
    const begun =
      this.moving.get(room) ?? this.begin(room, move).finally(() => this.moving.delete(room));
    this.moving.set(room, begun);
    await begun;
  }

  /** Everybody has media on the present node: the former one is not needed any more. */
  arrived(room: Room, seat: Seat): void {
    seat.isMoving = false;
    const isAwaited = [...room.seats.values()].some((one) => one.isMoving && one.isConnected);
    if (!isAwaited) room.media.endFormer();
  }

  /** Until there is a node for it, or the room needs none any more. */
  private rescue(room: Room, lostNodeId: string): void {
    if (room.isClosed || room.media.placed.nodeId !== lostNodeId) return;
    this.move(room, { reason: 'failure', overlapMs: 0 }).catch((error) => {
      this.context.report(error, 'move a room from a lost node');
      this.context.clock.after(againMs, () => this.rescue(room, lostNodeId));
    });
  }

  private clear(room: Room, nodeId: string): void {
    const until = this.drained.get(nodeId);
    if (until === undefined || room.isClosed || room.media.placed.nodeId !== nodeId) return;
    const leftMs = Math.max(1, until - this.context.clock.monotonic());
    const overlap = Math.min(overlapMs, leftMs);
    this.move(room, { reason: 'drain', overlapMs: overlap }).catch((error) => {
      this.context.report(error, 'move a room from a drained node');
      this.context.clock.after(againMs, () => this.clear(room, nodeId));
    });
  }

  /** @throws NodeError `no_capacity`, `node_lost`; ControlError `stale_epoch`: it is where it was. */
  private async begin(room: Room, { reason, to, overlapMs: overlap }: Move): Promise<void> {
    const former = { placed: room.media.placed, epoch: room.key.epoch };
    const target = to ?? this.context.nodes.place({ except: former.placed.nodeId });
    await this.record(room, target, reason);
    await this.settle(room, target, former);
    if (overlap > 0) this.overlap(room, former, overlap);
    this.tell(room, { reason, overlap });
  }

  private record(room: Room, { nodeId }: PlacedNode, reason: MoveReason): Promise<void> {
    const { key, media } = room;
    const from = { ...key };
    const epoch = key.epoch + 1;
    return room.record(
      'room.migrated',
      null,
      { reason, from: media.placed.nodeId, to: nodeId, epoch },
      {
        effect: (tx: Queryable) => moveRoom(tx, from, nodeId),
        raisesTo: epoch,
        committed: () => {
          key.epoch = epoch;
        },
      },
    );
  }

  /** Everybody who has a seat gets a place on the new node; programs have to come anew. */
  private async settle(room: Room, target: PlacedNode, former: FormerPlace): Promise<void> {
    room.media.placed = target;
    await target.client.openRoom({
      ...nodeRef(room),
      adopt: target.nodeId === former.placed.nodeId,
    });
    awaitAll(room);
    this.context.clock.after(awaitedMs, () => forgetAllAwaited(room, 'node_lost'));
    await Promise.all([...room.seats.values()].map((seat) => this.reseat(room, seat)));
  }

  private async reseat(room: Room, seat: Seat): Promise<void> {
    if (seat instanceof EndpointSeat) return room.release(seat, 'timeout');
    if (!seat.isAtNode) return;
    seat.keepsMedia = false;
    seat.isMoving = true;
    const participant = { ...nodeRef(room), participantId: seat.id, slots: seat.slots };
    await seat.inTurn(() => room.node.addParticipant(participant));
  }

  private overlap(room: Room, former: FormerPlace, forMs: number): void {
    room.media.leave(
      former,
      this.context.clock.after(forMs, () => room.media.endFormer()),
    );
  }

  private tell(room: Room, { reason, overlap }: { reason: MoveReason; overlap: number }): void {
    const event = write('migrate', {
      epoch: room.key.epoch,
      node_id: room.media.placed.nodeId,
      reason,
      make_before_break: overlap > 0,
      deadline_ms: overlap,
      retry_jitter_ms: spreadMs,
    });
    for (const seat of room.seats.values()) if (seat.isMoving) seat.emit(event);
  }
}
