import type { Clock } from '../clock.js';
import type { Ids } from '../ids.js';
import type { LocalNode } from '../nodes/node-client.js';
import type { Database } from '../store/database.js';
import { type LiveNode, type NodeFleet, participantsIn } from './node-fleet.js';

export interface SoleNodeContext {
  ids: Ids;
  clock: Clock;
  name: string;
  region: string;
}

/** The fleet of one machine: the node in its process, and no others. */
export class SoleNode implements NodeFleet {
  readonly authority = '';
  readonly cutOff = 0;
  readonly toldNodes = [];

  private constructor(
    readonly nodeId: string,
    private readonly node: LocalNode,
  ) {}

  /** The node of this machine keeps its id from start to start: by it rooms find it again. */
  static async open(
    database: Database,
    node: LocalNode,
    { ids, clock, name, region }: SoleNodeContext,
  ): Promise<SoleNode> {
    const nodeId = await database.transaction(async (tx) => {
      const [known] = await tx.query<{ node_id: string }>(
        `update nodes set last_seen_at = $1, name = $2, region = $3,
           draining_since = null, drain_until = null
         where is_sole and removed_at is null returning node_id`,
        [new Date(clock.now()), name, region],
      );
      if (known !== undefined) return known.node_id;
      const fresh = ids.next();
      await tx.query(
        `insert into nodes (node_id, name, region, enrolled_at, last_seen_at, is_sole)
         values ($1, $2, $3, $4, $4, true)`,
        [fresh, name, region, new Date(clock.now())],
      );
      return fresh;
    });
    return new SoleNode(nodeId, node);
  }

  newEnrolmentToken(): null {
    return null;
  }

  async certify(): Promise<never> {
    throw new Error('a machine of its own certifies nobody');
  }

  belongs(): void {}

  live(nodeId: string): LiveNode | null {
    if (nodeId !== this.nodeId) return null;
    const load = this.node.load();
    const participants = participantsIn(this.node.description());
    return { load, unfit: load.isFull ? 'full' : null, version: null, silentMs: 0, participants };
  }

  /** Nobody is told of it: it comes and goes with this process. */
  presenceOf(): null {
    return null;
  }

  onPresence(): void {}

  addressOf(): null {
    return null;
  }

  setDrained(): void {}

  remove(): void {}
}
