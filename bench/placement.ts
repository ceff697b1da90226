/**
 * How long it takes to choose a node for a room among 1000 (bar: p99 20 ms):
 * ./run bench placement [--json FILE]
 * The nodes are those of a control process without their connections. Each beats every second of a clock of
 * the bench's own, with another load, and each decision is the product's own, on what they have said.
 */
import type { Clock } from '../control/src/clock.js';
import { FleetNodes } from '../control/src/fleet/fleet-nodes.js';
import type { NodeLink } from '../control/src/fleet/node-link.js';
import type { NodeHello } from '../control/src/fleet/node-messages.js';
import { NodeError, type NodeLoad } from '../control/src/nodes/node-client.js';
import { quantile, reportResult } from './results.js';
import { makeRandom } from './scorecard/random.js';

const count = 1000;
const regions = 10;
const seconds = 300;
const decisionsPerSecond = 200;
/** Functions are compiled by then. */
const warmUpSeconds = 20;
const barMs = 20;
/** From nearly nobody to more than there is room for, and back. */
const tideSeconds = 60;

const random = makeRandom(1, 'placement');
let nowMs = 0;
const clock: Clock = { now: () => nowMs, monotonic: () => nowMs, after: () => () => {} };
const drained = new Set<string>();

const nodes = new FleetNodes({
  ...{ clock, region: 'region-0', reserves: ['region-1', 'region-2'], random: Math.random },
  log: { info: () => {}, warn: () => {} },
  probe: async () => 'silent',
  isDrained: (nodeId) => drained.has(nodeId),
  changed: () => {},
  isHeardThere: () => false,
});

function loadNow(second: number): NodeLoad {
  const tide = 0.8 * (1 - Math.cos((2 * Math.PI * second) / tideSeconds));
  const stress = Math.max(0, tide + 0.15 * random.normal());
  const isFull = stress >= 1;
  const [dropRatio, lossRatio] = [random.uniform() < 0.02 ? 0.01 : 0, 0.04 * random.uniform()];
  const people = Math.round(stress * 500);
  return { stress, isFull, rooms: people >> 3, participants: people, dropRatio, lossRatio };
}

function enter(n: number): NodeLink {
  const hello: NodeHello = {
    ...{ k: 'hello', incarnation: `incarnation ${n}`, version: '0', probe: null, rooms: [] },
    ...{ region: `region-${n % regions}`, session: { id: `session ${n}`, received: 0 } },
    ...{ load: loadNow(0), isLeaving: false },
  };
  const wire = { send: () => {}, close: () => {} };
  const { link, begin } = nodes.welcome(`node ${n}`, hello, { wire, isOurs: true });
  begin();
  return link;
}

/** Some are silent for a while, some are drained. */
function beat(links: readonly NodeLink[], second: number): void {
  nowMs += 1000;
  for (const link of links) {
    if (random.uniform() < 0.01) nodes.drain(link.nodeId, link.isDrained ? null : new Date(nowMs));
    if (random.uniform() < 0.8) nodes.hear(link, { load: loadNow(second), isLeaving: false });
  }
}

/** @returns ms, and whether there was a node. */
function decide(): [number, boolean] {
  const began = performance.now();
  try {
    nodes.place();
    return [performance.now() - began, true];
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    return [performance.now() - began, false];
  }
}

const links = Array.from({ length: count }, (_, n) => enter(n));
const times: number[] = [];
let refused = 0;
for (let second = 0; second < warmUpSeconds + seconds; second += 1) {
  beat(links, second);
  for (let n = 0; n < decisionsPerSecond; n += 1) {
    const [ms, isPlaced] = decide();
    if (second < warmUpSeconds) continue;
    times.push(ms);
    if (!isPlaced) refused += 1;
  }
}
nodes.stop();
const p99 = quantile(times, 0.99);
reportResult(
  {
    bench: 'placement',
    work: { nodes: count, regions, decisions: times.length, placement_p99_ms: `at most ${barMs}` },
    figures: {
      placement_p50_ms: quantile(times, 0.5),
      placement_p99_ms: p99,
      placement_max_ms: quantile(times, 1),
      refused_share: refused / times.length,
    },
  },
  `placement among ${count} nodes: p99 ${p99.toFixed(3)} ms${p99 > barMs ? ' (missed)' : ''}`,
);
