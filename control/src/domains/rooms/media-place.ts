import {
  clientOf,
  type HeldRoom,
  type NodeClient,
  NodeError,
  type RoomRef,
} from '../../nodes/node-client.js';
import type { PlacedNode } from '../../nodes/nodes.js';

/** The room as one node has it, under the epoch with which it was opened there. */
export interface Copy {
  readonly placed: PlacedNode;
  readonly epoch: number;
  /** Rejects when the node failed to open it, or is lost. */
  readonly opened: Promise<HeldRoom>;
}

/**
 * Where the media of some people of a room is, all of them as a rule. While it moves, the node that it
 * leaves goes on forwarding until the new one has everybody: what is forbidden meanwhile is forbidden
 * on both.
 */
export class MediaPlace {
  private present: Copy;
  private left: Copy | null = null;
  private hasOpened = true;
  private hasLost = false;
  private cancelEnd = () => {};

  /** @param changed one of its copies has come or gone. */
  constructor(
    private readonly roomId: string,
    at: Pick<Copy, 'placed' | 'epoch'>,
    private readonly changed: () => void = () => {},
  ) {
    const opened = Promise.resolve<HeldRoom>({
      ...{ participantIds: [], servedIds: [], linkAddresses: [], links: [] },
    });
    this.present = { ...at, opened };
  }

  get placed(): PlacedNode {
    return this.present.placed;
  }

  /** A lost one answers nothing, whatever has become of the node. */
  get client(): NodeClient {
    return this.isLost ? nobody : this.placed.client;
  }

  /** What the present node knows it by. */
  get ref(): RoomRef {
    return this.refOf(this.present);
  }

  get region(): string {
    return this.placed.region;
  }

  /** False: the present node has not opened the room, and may never do so. */
  get isOpen(): boolean {
    return this.hasOpened;
  }

  /** True: the present node has nothing of it, and it is not elsewhere yet. */
  get isLost(): boolean {
    return this.hasLost;
  }

  /** Resolves when the present node has the room; rejects when it failed to open it. */
  get opened(): Promise<HeldRoom> {
    return this.present.opened;
  }

  /** Those that forward, or are about to: the present one, and for a while the former one. */
  get copies(): Copy[] {
    const present = this.isLost ? [] : [this.present];
    return this.left === null ? present : [...present, this.left];
  }

  /** All nodes that may have something of it. */
  get nodeIds(): string[] {
    const all = this.left === null ? [this.present] : [this.present, this.left];
    return all.map(({ placed }) => placed.nodeId);
  }

  /**
   * This node has it, or is asked to, under this epoch; what it had under an older one goes.
   * @param cancelEnd the copy that it leaves goes on, until something ends it that this calls off; null:
   * it does not.
   */
  moveTo({ placed, epoch, opened }: Copy, cancelEnd: (() => void) | null = null): void {
    if (this.left?.placed.nodeId === placed.nodeId) {
      this.left = null;
      this.cancelEnd();
    }
    const ended = cancelEnd === null ? null : this.leave(cancelEnd);
    this.present = { placed, epoch, opened };
    this.hasLost = false;
    this.hasOpened = false;
    opened.then(
      () => {
        if (this.present.opened === opened) this.hasOpened = true;
      },
      () => {}, // whoever waits for it hears of it
    );
    // Once, when both are there: who is joined to the former one stays so.
    this.changed();
    if (ended !== null) this.close(ended);
  }

  /** The present node is no more, or not for this room. */
  lose(): void {
    this.hasOpened = false;
    this.hasLost = true;
    const opened = Promise.reject(lost());
    opened.catch(() => {});
    this.present = { ...this.present, opened };
    this.changed();
  }

  get former(): Copy | null {
    return this.left;
  }

  /** As it was before it moves. */
  get now(): Copy {
    return this.present;
  }

  /**
   * On every node that may still forward; only the present one's failure is one.
   * @param call knows by `isPresent` whether it is that one.
   */
  async everywhere(
    call: (node: NodeClient, room: RoomRef, isPresent: boolean) => Promise<unknown>,
  ): Promise<void> {
    const { left, client, ref } = this;
    const atFormer = left && call(left.placed.client, this.refOf(left), false).catch(() => {});
    await Promise.all([call(client, ref, true), atFormer]);
  }

  /** The node that was left has nothing of the room any more. */
  endFormer(): void {
    const { left } = this;
    if (left === null) return;
    this.left = null;
    this.cancelEnd();
    this.changed();
    this.close(left);
  }

  /** The present copy is the former one from now on. Returns the one that was. */
  private leave(cancelEnd: () => void): Copy | null {
    const { left } = this;
    if (left !== null) this.cancelEnd();
    this.left = this.present;
    this.cancelEnd = cancelEnd;
    return left;
  }

  private close(copy: Copy): void {
    copy.placed.client.closeRoom(this.refOf(copy)).catch(() => {}); // it is lost, or knows better
  }

  private refOf({ epoch }: Copy): RoomRef {
    return { roomId: this.roomId, epoch };
  }
}

const nobody = clientOf(
  async () => {
    throw lost();
  },
  () => {},
);

function lost(): NodeError {
  return new NodeError('node_lost', 'The node is lost.');
}
