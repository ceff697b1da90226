import type { Fault, FaultContext } from '../fault.js';
import type { FleetNode } from '../fleet/fleet.js';
import {
  allMoved,
  begin,
  expectNoDoubles,
  expectUnharmed,
  gapsMs,
  nodeIsBack,
  openRooms,
} from '../steps.js';

/** SIGKILL of a node: its rooms go on elsewhere, with everybody in them. */
export const nodeKilled: Fault = {
  id: 'F1',
  title: 'kill -9 of a node',
  layout: 'E',
  async run(context) {
    if (context.size === 'quick') return story(context, { rooms: 2, people: 4 });
    await story(context, { rooms: 8, people: 4 });
    await story(context, { rooms: 1, people: 16 });
  },
};

async function story(
  context: FaultContext,
  { rooms: count, people }: { rooms: number; people: number },
): Promise<void> {
  const { fleet, crowd, figure } = context;
  const victim = fleet.nodes[0] as FleetNode;
  const rooms = await openRooms(context, { rooms: count, people, at: victim });
  await begin(context, rooms);
  await victim.process.kill();
  await allMoved(context, rooms, 1);
  const report = await crowd.measured();
  expectUnharmed(context, rooms);
  expectNoDoubles(context, report, rooms);
  figure({
    name: `media back, ${count} × ${people}`,
    unit: 'ms',
    samples: gapsMs(report, rooms),
    bars: { p50: 2000, p95: 4000, max: 6000 },
  });
  await victim.process.start();
  await nodeIsBack(fleet, victim);
}
