import { eventually, pause } from '../../e2e/support/plenum.js';
import type { Fault, FaultContext } from '../fault.js';
import type { FleetNode } from '../fleet/fleet.js';
import { isSpeech } from '../people/crowd-process.js';
import {
  allMoved,
  begin,
  expectNoDoubles,
  expectUnharmed,
  gapsMs,
  metric,
  openRooms,
} from '../steps.js';

/** A node is emptied as planned; that is called off; and somebody will not move. */
export const drain: Fault = {
  id: 'F4',
  title: 'planned drain',
  layout: 'E',
  async run(context) {
    const { size } = context;
    await wholeDrain(context, size === 'quick' ? 2 : 5, size === 'quick' ? 4 : 8);
    if (size === 'quick') return;
    await calledOff(context);
    await deadline(context);
  },
};

async function wholeDrain(context: FaultContext, count: number, people: number): Promise<void> {
  const { fleet, crowd, figure } = context;
  const node = fleet.nodes[0] as FleetNode;
  const rooms = await openRooms(context, { rooms: count, people, at: node });
  await begin(context, rooms);
  const began = performance.now();
  await fleet.admin.drain(node.id);
  await allMoved(context, rooms, 1);
  await isEmpty(node);
  const emptyMs = performance.now() - began;
  const report = await crowd.measured();
  expectUnharmed(context, rooms);
  expectNoDoubles(context, report, rooms);
  const audio = gapsMs(report, rooms, isSpeech);
  const video = gapsMs(report, rooms, (stream) => !isSpeech(stream));
  figure({ name: 'audio gap', unit: 'ms', samples: audio, bars: { p95: 300 } });
  figure({ name: 'video gap', unit: 'ms', samples: video, bars: { p95: 1000 } });
  figure({ name: 'node empty', unit: 'ms', samples: [emptyMs], bars: { max: 60_000 } });
  await fleet.admin.undrain(node.id);
}

/** Rooms move one after the other, about twelve a second: so many take some seconds. */
const manyRooms = 40;

/**
 * When some have moved: what has moved stays, nothing moves any more but what was under way. Nobody here
 * has media, which would be slow to open for so many and does not matter.
 */
async function calledOff(context: FaultContext): Promise<void> {
  const { fleet, expect, figure } = context;
  const node = fleet.nodes[0] as FleetNode;
  const rooms = await openRooms(context, { rooms: manyRooms, people: 1, crowd: null, at: node });
  const moved = () => rooms.filter(({ people }) => (people[0]?.epoch ?? 0) > 1).length;
  await fleet.admin.drain(node.id);
  await eventually('some rooms have moved', () => (moved() >= manyRooms / 8 ? true : undefined));
  await fleet.admin.undrain(node.id);
  const before = moved();
  expect(before < manyRooms - 1, `${before} of ${manyRooms} had moved already: nothing is shown`);
  await pause(3000);
  const since = moved() - before;
  expect(since <= 1, `${since} rooms moved after the drain was called off`);
  figure({ name: 'moved before it was called off', unit: 'count', samples: [before], bars: {} });
}

/** A client that never says that it has moved is not waited for longer than told. */
async function deadline(context: FaultContext): Promise<void> {
  const { fleet, figure, expect } = context;
  const node = fleet.nodes[0] as FleetNode;
  const each = (n: number) => ({ staysPut: n === 0 });
  await openRooms(context, { rooms: 1, at: node, each });
  const began = performance.now();
  await fleet.admin.drain(node.id, 5);
  await isEmpty(node);
  const closedMs = performance.now() - began;
  expect(Math.abs(closedMs - 5000) < 500, `closed after ${closedMs.toFixed(0)} ms, not 5000 ± 500`);
  figure({ name: 'closed at a deadline of 5 s', unit: 'ms', samples: [closedMs], bars: {} });
  await fleet.admin.undrain(node.id);
}

function isEmpty(node: FleetNode): Promise<true> {
  const probe = async () =>
    (await metric(node.adminPort, 'plenum_node_rooms')) === 0 ? true : undefined;
  return eventually('the node has no room any more', probe, 60_000);
}
