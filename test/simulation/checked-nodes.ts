import { FleetNodes, type FleetNodesContext } from '../../control/src/fleet/fleet-nodes.js';
import type { NodeLink } from '../../control/src/fleet/node-link.js';
import type { NodesListener, PlacedNode, PlaceWish } from '../../control/src/nodes/nodes.js';
import type { Wire } from '../../control/src/rpc/session.js';

/** Of fleet/placement.ts: one beat was missed. */
const silentMs = 2000;

interface NodesWatch {
  fail: (reason: string) => void;
  /** It has come. */
  found: (nodeId: string, incarnation: string) => void;
  /** It is given up. */
  lost: (nodeId: string) => void;
  isCutALoss: boolean;
}

/** The nodes of a process; what placement chooses is looked at once more. */
export class CheckedNodes extends FleetNodes {
  constructor(private readonly own: FleetNodesContext & NodesWatch) {
    super(own);
  }

  override listen(listener: NodesListener): void {
    const lost = (nodeId: string) => {
      this.own.lost(nodeId);
      listener.lost(nodeId);
    };
    const described: NodesListener['described'] = (node, rooms) => {
      this.own.found(node.nodeId, (node as NodeLink).incarnation);
      listener.described(node, rooms);
    };
    super.listen({ ...listener, lost, described });
  }

  override async disconnected(link: NodeLink, wire: Wire): Promise<void> {
    if (this.own.isCutALoss) this.remove(link.nodeId);
    else await super.disconnected(link, wire);
  }

  override place(wish: PlaceWish = {}): PlacedNode {
    return this.checked(super.place(wish), wish.except ?? []);
  }

  override foresee(region: string, except: readonly string[], rather?: string): NodeLink | null {
    const placed = super.foresee(region, except, rather);
    return placed && this.checked(placed, except);
  }

  private checked(chosen: PlacedNode, except: readonly string[]): NodeLink {
    const placed = chosen as NodeLink;
    const silence = this.own.clock.monotonic() - placed.heardAt;
    const isDraining = placed.isLeaving || this.own.isDrained(placed.nodeId);
    const faults = [
      ...(isDraining ? ['draining'] : []),
      ...(placed.load.isFull ? ['full'] : []),
      ...(silence > silentMs ? ['silent'] : []),
      ...(except.includes(placed.nodeId) ? ['the one to be left'] : []),
    ];
    if (faults.length > 0) this.own.fail(`placement chooses a node that is ${faults.join(', ')}`);
    return placed;
  }
}
