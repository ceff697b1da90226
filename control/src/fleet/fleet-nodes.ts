import {
  type DescribedRoom,
  NodeError,
  type NodeEvent,
  type NodeLoad,
} from '../nodes/node-client.js';
import type { Nodes, NodesListener, PlacedNode, PlaceWish } from '../nodes/nodes.js';
import { FleetMembers, type FleetMembersContext } from './fleet-members.js';
import type { MemberLinkListener } from './member-link.js';
import { NodeLink } from './node-link.js';
import type { NodeHello } from './node-messages.js';
import { placeIn, placeRoom } from './placement.js';

export interface FleetNodesContext extends FleetMembersContext {
  /** The regions that stand in for ours, the best first. */
  reserves: readonly string[];
  random: () => number;
}

/** The media nodes that dialled this process. */
export class FleetNodes
  extends FleetMembers<NodeLink, NodeLoad, DescribedRoom[], NodeEvent>
  implements Nodes
{
  constructor(private readonly choice: FleetNodesContext) {
    super(choice, 'a media node');
  }

  place({ except = [], region }: PlaceWish = {}): PlacedNode {
    const { reserves, random, region: own } = this.choice;
    const link = placeRoom(this.all, { region: region ?? own, reserves, except }, random);
    if (link === null) {
      if (this.links.size === 0) throw new NodeError('node_lost', 'There is no media node.');
      throw new NodeError('no_capacity', 'Every media node is full or drained.');
    }
    link.promised += 1;
    return link;
  }

  placeIn(region: string, except: readonly string[], rather?: string): PlacedNode | null {
    const link = this.foresee(region, except, rather);
    if (link !== null) link.promised += 1;
    return link;
  }

  foresee(region: string, except: readonly string[], rather?: string): NodeLink | null {
    const wanted = this.all.filter(({ nodeId }) => nodeId === rather);
    const { random } = this.choice;
    const wish = { region, except };
    return placeIn(wanted, wish, random) ?? placeIn(this.all, wish, random);
  }

  async checkCapacity(): Promise<void> {
    const placed = this.place();
    (placed as NodeLink).promised -= 1;
  }

  find(nodeId: string): PlacedNode | null {
    return this.link(nodeId);
  }

  listen(listener: NodesListener): void {
    this.hearAll(listener);
  }

  async probe(): Promise<void> {
    if (this.links.size === 0) throw new NodeError('node_lost', 'There is no media node.');
  }

  protected newLink(
    nodeId: string,
    hello: NodeHello,
    listener: MemberLinkListener<NodeEvent>,
  ): NodeLink {
    return new NodeLink(nodeId, hello, this.context.clock, listener);
  }
}
