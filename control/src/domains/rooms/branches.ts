import type { Clock } from '../../clock.js';
import type { Nodes, PlacedNode } from '../../nodes/nodes.js';
import { branchAdded, branchRemoved } from './effects.js';
import { MediaPlace } from './media-place.js';
import type { Room } from './room.js';

export interface BranchesContext {
  nodes: Nodes;
  clock: Clock;
  report: (error: unknown, doing: string) => void;
}

/** Whoever left may come again. */
const keptMs = 30_000;

/**
 * More places of a room than the first one: people meet on the node that is near to each of them, and
 * the nodes are linked (Links).
 */
export class Branches {
  private readonly opening = new Map<string, Promise<MediaPlace>>();
  private readonly empty = new Map<MediaPlace, () => void>();

  constructor(private readonly context: BranchesContext) {}

  /**
   * Where somebody of that region best sits: where others of it do, on a node of their own, or where the
   * room is when there is none.
   */
  async placeFor(room: Room, region: string): Promise<MediaPlace> {
    const key = `${room.key.roomId} ${region}`;
    const under = this.opening.get(key);
    if (under !== undefined) return under;
    const near = room.places.find((place) => place.region === region);
    if (near !== undefined) return near;
    const taken = room.nodeIds;
    const placed = this.context.nodes.placeIn(region, taken);
    if (placed === null) return room.media;
    const begun = room
      .whileGoingTo(placed.nodeId, () => this.open(room, placed))
      .finally(() => this.opening.delete(key));
    this.opening.set(key, begun);
    return begun;
  }

  /** Places where nobody is any more are given up after a while. */
  review(room: Room): void {
    for (const place of room.places.slice(1)) {
      const isEmpty = room.seatsAt(place).length === 0;
      const cancel = this.empty.get(place);
      if (!isEmpty && cancel !== undefined) {
        cancel();
        this.empty.delete(place);
      } else if (isEmpty && cancel === undefined) {
        const close = this.context.clock.after(keptMs, () => this.giveUp(room, place));
        this.empty.set(place, close);
      }
    }
  }

  /** Nobody sits there before the node has it: where it fails, or is lost meanwhile, there is nobody to move. */
  private async open(room: Room, placed: PlacedNode): Promise<MediaPlace> {
    const place = await this.add(room, placed);
    const { opened } = place;
    try {
      await opened;
      return place;
    } catch (error) {
      this.context.report(error, 'open a room on one more node');
      // Else the loss was noticed, and it moves.
      if (place.opened === opened) this.giveUp(room, place);
      return room.media;
    }
  }

  private async add(room: Room, placed: PlacedNode): Promise<MediaPlace> {
    const { key } = room;
    const at = { placed, epoch: key.epoch };
    const { meetingId, roomId } = key;
    const effects = [branchAdded({ room: { meetingId, roomId }, nodeId: placed.nodeId })];
    const place: MediaPlace = new MediaPlace(key.roomId, at, () => room.linkPlaces());
    const committed = () => {
      // Of this very turn: it may have moved while this was written.
      const { epoch } = room.key;
      room.places.push(place);
      const opened = placed.client.openRoom({ roomId: key.roomId, epoch });
      place.moveTo({ placed, epoch, opened });
    };
    await room.record('room.node_added', null, { node: placed.nodeId }, { effects, committed });
    return place;
  }

  /** Not while it moves: it is gone from where it is by then. */
  private giveUp(room: Room, place: MediaPlace): void {
    this.empty.delete(place);
    const giveUp = async () => {
      if (room.isClosed || !room.places.includes(place) || room.seatsAt(place).length > 0) return;
      room.removePlace(place);
      this.gone(room, place.placed.nodeId);
    };
    room.placesInTurn(giveUp).catch((error) => this.context.report(error, 'give a place up'));
  }

  /** The node has no part of the room any more. */
  gone(room: Room, nodeId: string): void {
    const { meetingId, roomId } = room.key;
    const effects = [branchRemoved({ room: { meetingId, roomId }, nodeId })];
    room
      .record('room.node_removed', null, { node: nodeId }, { effects })
      .catch((error) => this.context.report(error, 'write that a node has no part of a room'));
  }
}
