import type { Unfit } from './node-fleet.js';

/** What placement knows of a node. */
export interface Candidate {
  readonly nodeId: string;
  readonly region: string;
  /** Takes no new rooms: drained, or on its way out. */
  readonly isDraining: boolean;
  /** Of its busiest media thread: 1 is full. */
  readonly stress: number;
  readonly isFull: boolean;
  /** Of its packets, 0 to 1. */
  readonly dropRatio: number;
  readonly lossRatio: number;
  /** Since it was heard of. */
  readonly silentMs: number;
  /** Rooms that were given to it since it said how busy it is. */
  readonly promised: number;
}

export interface Wish {
  region: string;
  /** The regions that stand in for it, the best first. */
  reserves: readonly string[];
  /** Nodes that are out of the question. */
  except: readonly string[];
}

/** Where it is degraded, people notice: no new rooms until it is better. */
export const limits = {
  /** As much as a room of ten needs is left: whoever is in a room may be followed by others. */
  stress: 0.8,
  /** Packets that are dropped are seen at once. */
  dropRatio: 0.001,
  /** Mean of all publishers: that many do not have bad lines at the same time by chance. */
  lossRatio: 0.1,
  /** A beat was missed. */
  silentMs: 2000,
};

/** How much of a node a room is counted for until the node has said what it costs. */
const stressOfRoom = 0.01;

/**
 * The node for a new room: of two that are taken at random, the less busy one (power of two choices),
 * so that many who decide at once on the same news do not all choose the same. The region first, then
 * its reserves, then anywhere. Null: all are full, degraded or draining.
 * @param random 0 to 1, below 1.
 */
export function placeRoom<Node extends Candidate>(
  nodes: readonly Node[],
  wish: Wish,
  random: () => number,
): Node | null {
  const fit = nodes.filter((node) => !wish.except.includes(node.nodeId) && isFit(node));
  for (const region of [wish.region, ...wish.reserves]) {
    const near = fit.filter((node) => node.region === region);
    if (near.length > 0) return lessBusy(near, random);
  }
  return fit.length > 0 ? lessBusy(fit, random) : null;
}

/** As `placeRoom`, in one region alone. */
export function placeIn<Node extends Candidate>(
  nodes: readonly Node[],
  { region, except }: Pick<Wish, 'region' | 'except'>,
  random: () => number,
): Node | null {
  const near = nodes.filter((node) => node.region === region);
  return placeRoom(near, { region, reserves: [], except }, random);
}

/** Why a node gets no new rooms; null: it does. */
export function unfitBecause(node: Candidate): Unfit | null {
  if (node.isDraining) return 'draining';
  if (node.silentMs > limits.silentMs) return 'silent';
  if (node.isFull || stressOf(node) >= limits.stress) return 'full';
  if (node.dropRatio > limits.dropRatio) return 'drops';
  if (node.lossRatio > limits.lossRatio) return 'loss';
  return null;
}

function isFit(node: Candidate): boolean {
  return unfitBecause(node) === null;
}

function stressOf({ stress, promised }: Candidate): number {
  return stress + promised * stressOfRoom;
}

function lessBusy<Node extends Candidate>(nodes: readonly Node[], random: () => number): Node {
  const pick = (count: number) => Math.floor(random() * count);
  const first = pick(nodes.length);
  const other = nodes.length > 1 ? (first + 1 + pick(nodes.length - 1)) % nodes.length : first;
  const [one, two] = [nodes[first] as Node, nodes[other] as Node];
  return stressOf(two) < stressOf(one) ? two : one;
}
