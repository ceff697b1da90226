import { NodeAgent } from '../../control/src/fleet/node-agent.js';
import { InProcessNode } from '../../control/src/nodes/in-process-node.js';
import {
  clientOf,
  type LinkRef,
  type LocalNode,
  NodeError,
  type NodeMethod,
  type RoomRef,
} from '../../control/src/nodes/node-client.js';
import type { Fleet } from './fleet.js';
import type { Host } from './host.js';
import { logOf } from './log.js';
import { SimMedia } from './media.js';

/** A media node: the product's own agent and rooms, over a library that forwards nothing. */
export class SimNode {
  readonly nodeId: string;
  media: SimMedia;
  local: LocalNode | null = null;
  private agent: NodeAgent | null = null;
  /** By room, the newest epoch that this start of the node was told while it had it. */
  private heard = new Map<string, number>();

  constructor(
    readonly host: Host,
    private readonly fleet: Fleet,
  ) {
    this.nodeId = host.ids.next();
    this.media = this.newMedia();
    host.onEnd(() => {});
  }

  start(): void {
    const { host, fleet } = this;
    host.start();
    this.media = this.newMedia();
    this.heard = new Map();
    const node = this.watched(new InProcessNode(this.media.node).client);
    this.local = node;
    this.agent = new NodeAgent({
      ...{
        node,
        clock: host.clock,
        ids: host.ids,
        log: logOf(host),
        random: host.world.random.next,
        certified: () => {},
      },
      ...{ region: this.region, version: '0', probe: { address: host.name, port: 1 } },
      controls: fleet.controls.map((control) => control.host.name),
      dial: fleet.network.dial(host, '/node', { host: this.nodeId }),
    });
  }

  kill(): void {
    this.host.kill();
    this.local = null;
    this.agent = null;
  }

  /** As an operator who stops its service. */
  leave(): void {
    this.agent?.leave();
  }

  get rooms() {
    return this.local?.description() ?? [];
  }

  get region(): string {
    return this.host.region ?? 'default';
  }

  holds(roomId: string, participantId: string): boolean {
    return this.media.find(roomId)?.participants.has(participantId) ?? false;
  }

  private newMedia(): SimMedia {
    const { ids } = this.host;
    return new SimMedia(ids.next);
  }

  /** The node as it is, with an eye on it. */
  private watched(node: LocalNode): LocalNode {
    const call = async (method: NodeMethod, argument: unknown) => {
      const ref = this.seen(node, argument as RoomRef);
      const isAct = this.isAct(method, argument as LinkRef);
      if (this.keeps(method, argument as RoomRef)) return;
      const run = node[method] as (argument: unknown) => Promise<unknown>;
      try {
        const result = await run(ref);
        if (isAct) this.done(method, argument as RoomRef, true);
        return result;
      } catch (error) {
        if (error instanceof NodeError && error.code === 'stale_epoch') {
          this.done(method, argument as RoomRef, false);
        }
        throw error;
      }
    };
    const { load, description, stats, close } = node;
    return {
      ...clientOf(call, (listener) => node.onEvent(listener)),
      load,
      description,
      stats,
      close,
    };
  }

  /** Without its check the epoch of a call is whatever it has to be. */
  private seen(node: LocalNode, ref: RoomRef): RoomRef {
    if (!this.fleet.isPlanted('no epoch check') || ref.roomId === undefined) return ref;
    const held = node.description().find(({ roomId }) => roomId === ref.roomId);
    return held === undefined ? ref : { ...ref, epoch: Math.max(ref.epoch, held.epoch) };
  }

  private keeps(method: NodeMethod, { roomId }: RoomRef): boolean {
    const isOver = method === 'closeRoom' && this.fleet.endings.isOver(roomId);
    return isOver && this.fleet.isPlanted('a node keeps what is over');
  }

  /** To close what is not there any more is none. */
  private isAct(method: NodeMethod, { roomId, linkId }: LinkRef): boolean {
    return method !== 'closeLink' || (this.media.find(roomId)?.links.has(linkId) ?? false);
  }

  private done(method: NodeMethod, { roomId, epoch }: RoomRef, isDone: boolean): void {
    if (roomId === undefined) return;
    const { invariants, world } = this.fleet;
    world.note(`${this.host.name} ${isDone ? 'does' : 'refuses'} ${method} of epoch ${epoch}`);
    const newest = this.heard.get(roomId) ?? 0;
    // To close what is not there any more is no act.
    if (isDone && method !== 'closeRoom' && epoch < newest) {
      world.fail(`${this.host.name} did ${method} of epoch ${epoch} after it heard of ${newest}`);
    }
    if (method === 'closeRoom' && epoch >= newest && isDone) this.heard.delete(roomId);
    if (method !== 'openRoom' || !isDone) return;
    this.heard.set(roomId, Math.max(newest, epoch));
    invariants.opened(this, { roomId, epoch });
  }
}
