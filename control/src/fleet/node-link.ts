import {
  clientOf,
  type DescribedRoom,
  type NodeClient,
  type NodeEvent,
  type NodeLoad,
} from '../nodes/node-client.js';
import { MemberLink } from './member-link.js';
import type { Candidate } from './placement.js';

/** One incarnation of a media node, as this control process is in contact with it. */
export class NodeLink
  extends MemberLink<NodeLoad, DescribedRoom[], NodeEvent>
  implements Candidate
{
  readonly client: NodeClient = clientOf(
    (method, argument) => this.call(method, argument),
    () => {},
  );

  get stress(): number {
    return this.load.stress;
  }

  get isFull(): boolean {
    return this.load.isFull;
  }

  get dropRatio(): number {
    return this.load.dropRatio;
  }

  get lossRatio(): number {
    return this.load.lossRatio;
  }
}
