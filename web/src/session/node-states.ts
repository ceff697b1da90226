/** What an administrator is told of a media node, from what the server says of it. */
import type { MediaNode } from '../../../client/src/index.js';

/** `drained`: it has no room any more, and may be stopped. */
export type NodeState =
  | 'up'
  | 'draining'
  | 'drained'
  | 'silent'
  | 'full'
  | 'drops'
  | 'loss'
  | 'lost';

/** In one word: what matters most of it. */
export function stateOf({ state, unfit, rooms }: MediaNode): NodeState {
  if (state === 'lost') return 'lost';
  if (unfit === 'silent') return 'silent';
  if (state === 'draining') return rooms === 0 ? 'drained' : 'draining';
  return unfit === null || unfit === 'draining' ? 'up' : unfit;
}

/** Nothing is wrong; someone wants it so; something is wrong. */
export type Tone = 'good' | 'calm' | 'bad';

export function toneOf(state: NodeState): Tone {
  if (state === 'up') return 'good';
  return state === 'draining' || state === 'drained' ? 'calm' : 'bad';
}

/** By region, in it by name: nothing moves under the pointer when figures change. */
export function inOrder(nodes: readonly MediaNode[]): MediaNode[] {
  const order = new Intl.Collator('en', { numeric: true });
  return [...nodes].sort(
    (a, b) =>
      order.compare(a.region, b.region) ||
      order.compare(a.name, b.name) ||
      order.compare(a.node_id, b.node_id),
  );
}

/** Where a room of this node may go: what placement would take as well. */
export function destinationsFrom(nodeId: string, nodes: readonly MediaNode[]): MediaNode[] {
  return inOrder(nodes).filter(({ node_id, unfit }) => node_id !== nodeId && unfit === null);
}

export interface FleetSum {
  rooms: number;
  people: number;
}

export function sumOf(nodes: readonly MediaNode[]): FleetSum {
  return nodes.reduce(
    ({ rooms, people }, node) => ({
      rooms: rooms + (node.rooms ?? 0),
      people: people + (node.participants ?? 0),
    }),
    { rooms: 0, people: 0 },
  );
}
