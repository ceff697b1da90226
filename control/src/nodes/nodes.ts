import {
  type DescribedRoom,
  type LocalNode,
  type NodeClient,
  NodeError,
  type NodeEvent,
} from './node-client.js';

/** A media node as a room uses it. */
export interface PlacedNode {
  readonly nodeId: string;
  readonly region: string;
  readonly client: NodeClient;
}

/** Where a room, or some of its people, would best be. */
export interface PlaceWish {
  /** Nodes that are out of the question: it leaves them, or is there already. */
  except?: readonly string[];
  /** Default: that of this process. */
  region?: string;
}

export interface NodesListener {
  event: (nodeId: string, event: NodeEvent) => void;
  /** Its rooms are without media: its process has ended, or nothing was heard of it for too long. */
  lost: (nodeId: string) => void;
  /** What it has: told when it can be reached, for the first time or again, and now and then. */
  described: (node: PlacedNode, rooms: readonly DescribedRoom[]) => void;
  /**
   * Its rooms shall go elsewhere; what is left at `until` is closed there. Infinity: the node closes it
   * itself; null: it may stay. Milliseconds of the monotonic clock.
   */
  draining: (nodeId: string, until: number | null) => void;
}

/** The media nodes that this process can reach, and which of them a room goes to. */
export interface Nodes {
  /**
   * Where a room goes that is nowhere yet: near to where it is wished, if it can be.
   * @throws NodeError `no_capacity`, `node_lost` (there is none).
   */
  place(wish?: PlaceWish): PlacedNode;
  /**
   * In that very region; null: there is none that takes more.
   * @param rather this one, while it does.
   */
  placeIn(region: string, except: readonly string[], rather?: string): PlacedNode | null;
  /** As `placeIn`, of what may be placed later. */
  foresee(region: string, except: readonly string[], rather?: string): PlacedNode | null;
  /** Whether one more room would find a place. @throws NodeError as `place`. */
  checkCapacity(): Promise<void>;
  /** Null: it cannot be reached. */
  find(nodeId: string): PlacedNode | null;
  /**
   * One that answers, as far as anybody can tell: as `find`, but for nodes that are cut off, and it waits for
   * one that may still come, as long as it takes to call it lost.
   */
  expect(nodeId: string): Promise<PlacedNode | null>;
  /** Once. */
  listen(listener: NodesListener): void;
  /** People hear nothing of it: it is looked at, and lost if it does not answer at once. */
  suspect(nodeId: string): void;
  /** Resolves while there is a node. @throws NodeError `node_lost`. */
  probe(): Promise<void>;
}

/** The only node there is; it is never lost while this process lives. */
export class OneNode implements Nodes {
  private readonly placed: PlacedNode;

  constructor(
    nodeId: string,
    private readonly node: NodeClient & Partial<LocalNode>,
    region = 'default',
  ) {
    this.placed = { nodeId, region, client: node };
  }

  place({ except = [] }: PlaceWish = {}): PlacedNode {
    if (except.includes(this.placed.nodeId)) {
      throw new NodeError('no_capacity', 'There is no other node.');
    }
    return this.placed;
  }

  /** Whatever the region is called. */
  placeIn(): PlacedNode | null {
    return null;
  }

  foresee(): PlacedNode | null {
    return null;
  }

  async checkCapacity(): Promise<void> {
    await this.node.checkCapacity({ room: null });
  }

  find(nodeId: string): PlacedNode | null {
    return nodeId === this.placed.nodeId ? this.placed : null;
  }

  async expect(nodeId: string): Promise<PlacedNode | null> {
    return this.find(nodeId);
  }

  listen({ event }: NodesListener): void {
    this.node.onEvent((said) => event(this.placed.nodeId, said));
  }

  suspect(): void {}

  async probe(): Promise<void> {
    this.node.load?.();
  }
}
