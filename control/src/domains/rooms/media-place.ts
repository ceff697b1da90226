import { type NodeClient, NodeError, type RoomRef } from '../../nodes/node-client.js';
import type { PlacedNode } from '../../nodes/nodes.js';
import type { RoomKey } from './journal.js';

/** Where the media was, under which epoch. */
export interface FormerPlace {
  placed: PlacedNode;
  epoch: number;
}

/**
 * Where the media of a room is. While it moves, the node that it leaves goes on forwarding until the
 * new one has everybody: what is forbidden meanwhile is forbidden on both.
 */
export class MediaPlace {
  /** Publications that are known, and that the present node does not have yet. */
  readonly awaited = new Set<string>();
  private left: FormerPlace | null = null;
  private cancelEnd = () => {};
  private hasOpened = true;
  private opening: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly key: RoomKey,
    private present: PlacedNode,
  ) {}

  get placed(): PlacedNode {
    return this.present;
  }

  /** False: the present node has not opened the room, and may never do so. */
  get isOpen(): boolean {
    return this.hasOpened;
  }

  /** Resolves when the present node has the room; rejects when it failed to open it. */
  get opened(): Promise<unknown> {
    return this.opening;
  }

  /** It may forward: as the present node, or for a while as the former one. */
  isAt(nodeId: string): boolean {
    return nodeId === this.present.nodeId || nodeId === this.left?.placed.nodeId;
  }

  moveTo(placed: PlacedNode, opened: Promise<unknown>): void {
    this.present = placed;
    this.hasOpened = false;
    this.opening = opened;
    opened.then(
      () => {
        if (this.opening === opened) this.hasOpened = true;
      },
      () => {}, // whoever waits for it hears of it
    );
  }

  /** The present node is no more. */
  lose(): void {
    this.hasOpened = false;
    this.opening = Promise.reject(new NodeError('node_lost', 'The node is lost.'));
    this.opening.catch(() => {});
  }

  get former(): FormerPlace | null {
    return this.left;
  }

  /** On every node that may still forward; only the present one's failure is one. */
  async everywhere(call: (node: NodeClient, room: RoomRef) => Promise<unknown>): Promise<void> {
    const { left, key, placed } = this;
    const { roomId, epoch } = key;
    const atFormer =
      left && call(left.placed.client, { roomId, epoch: left.epoch }).catch(() => {});
    await Promise.all([call(placed.client, { roomId, epoch }), atFormer]);
  }

  /** @param end calls off what will end it otherwise. */
  leave(former: FormerPlace, end: () => void): void {
    this.endFormer();
    this.left = former;
    this.cancelEnd = end;
  }

  /** The node that was left has nothing of the room any more. */
  endFormer(): void {
    const { left } = this;
    if (left === null) return;
    this.left = null;
    this.cancelEnd();
    left.placed.client.closeRoom({ roomId: this.key.roomId, epoch: left.epoch }).catch(() => {}); // it is lost, or knows better
  }
}
