import { type Fence, isLater } from '../../control/src/bus/fence.js';
import type { RoomRef } from '../../control/src/nodes/node-client.js';
import type { Fleet } from './fleet.js';
import type { SimNode } from './sim-node.js';
import type { Change, Row } from './tables.js';

/** What must hold at each step; the first that does not ends the run. */
export class Invariants {
  private readonly epochs = new Map<string, number>();
  private readonly logs = new Map<string, number>();
  private readonly contents = new Set<string>();
  /** By room and epoch, the node of its first place. */
  private readonly nodes = new Map<string, string>();

  /** Room, epoch and node, of each place that was ever written. */
  private readonly places = new Set<string>();

  constructor(private readonly fleet: Fleet) {}

  /** A transaction of a process becomes durable. */
  committed(owner: string, changes: readonly Change[]): void {
    this.fleet.endings.committed(changes);
    const rooms = new Map<string, Row>();
    for (const change of changes) {
      if (change.table !== 'rooms') continue;
      rooms.set(change.key, change.after);
      const { epoch, nodeId, branches } = change.after;
      for (const at of [nodeId, ...(branches as string[])])
        this.places.add(`${change.key} ${epoch} ${at}`);
      this.roomChanged(owner, change, changes);
    }
    for (const { table, after } of changes) {
      if (table === 'events') this.logged(owner, after, rooms);
      if (table === 'messages') this.written(after);
    }
    for (const [roomId, { eventSeq }] of rooms) {
      this.require(eventSeq === (this.logs.get(roomId) ?? 0), `the log of ${roomId} counts wrong`);
    }
  }

  /** Epochs are given out once, one after the other. */
  private roomChanged(
    owner: string,
    { key, before, after }: Change,
    changes: readonly Change[],
  ): void {
    const last = this.epochs.get(key) ?? 0;
    const epoch = after.epoch as number;
    if (epoch === last) return;
    this.require(epoch === last + 1, `${key} goes from epoch ${last} to ${epoch}`);
    this.require(after.controlId === owner, `${owner} gives an epoch to ${after.controlId}`);
    this.epochs.set(key, epoch);
    this.nodes.set(`${key} ${epoch}`, `${after.nodeId}`);
    const migration = changes.find((one) => one.after.type === 'room.migrated');
    this.fleet.reasons.epochGiven(before, after, migration?.after);
    this.fleet.world.note(`${key} has epoch ${epoch}: ${after.controlId} at ${after.nodeId}`);
  }

  /** Undefined: nothing durable says so. */
  nodeAt(roomId: string, epoch: number): string | undefined {
    return this.nodes.get(`${roomId} ${epoch}`);
  }

  /** Only whoever has the room writes its log, without gaps. */
  private logged(owner: string, { roomId, seq }: Row, rooms: Map<string, Row>): void {
    const room =
      rooms.get(`${roomId}`) ?? this.fleet.postgres.tables.table('rooms').get(`${roomId}`);
    this.require(room?.controlId === owner, `${owner} writes for ${room?.controlId}`);
    const last = this.logs.get(`${roomId}`) ?? 0;
    this.require(seq === last + 1, `event ${seq} of ${roomId} after ${last}`);
    this.logs.set(`${roomId}`, seq as number);
  }

  /** A command is done once: each message of a client says something else. */
  private written({ content }: Row): void {
    this.require(!this.contents.has(`${content}`), `«${content}» is written twice`);
    this.contents.add(`${content}`);
  }

  /**
   * The newest epoch is at nodes that are written: one in each region of its people. One that gave no
   * answer and was given up may hear late that it is to open the room, and then that it is to close it.
   */
  opened(node: SimNode, { roomId, epoch }: RoomRef): void {
    const room = this.fleet.postgres.tables.table('rooms').get(roomId);
    if (room === undefined || room.epoch !== epoch) return;
    const isWritten = this.places.has(`${roomId} ${epoch} ${node.nodeId}`);
    this.require(isWritten, `${node.host.name} opens what is of another node`);
  }

  /** A client was told that its command is done. */
  acknowledged(content: string): void {
    this.require(this.contents.has(content), `«${content}» is acknowledged and not durable`);
  }

  /** What is not durable yet was acknowledged by nobody; what is muted is muted for good. */
  muted(participantId: string): void {
    const row = this.fleet.postgres.tables.table('participants').get(participantId);
    const isHeld = (row?.mutedByHost as string[] | undefined)?.includes('microphone') ?? false;
    this.require(isHeld || row?.leftAt !== null, `${participantId} is not muted durably`);
  }

  redisWritten(key: string, fence: Fence, before: Fence | undefined): void {
    const isForward = before === undefined || !isLater(before, fence);
    this.require(isForward, `${key} goes back to ${fence.id} at ${fence.epoch} in Redis`);
  }

  require(holds: boolean, otherwise: string): void {
    if (!holds) this.fleet.world.fail(otherwise);
  }
}
