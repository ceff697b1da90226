import { eventually } from '../../e2e/support/plenum.js';
import { fair } from '../../e2e/support/weather.js';
import type { Fault } from '../fault.js';
import type { FleetNode } from '../fleet/fleet.js';
import {
  allMoved,
  begin,
  expectNoDoubles,
  expectUnharmed,
  gapsMs,
  metric,
  nodeIsBack,
  openRooms,
} from '../steps.js';

/** Nothing passes to a node or from it, and nothing is closed: a machine that is cut off. */
export const nodeVanishes: Fault = {
  id: 'F2',
  title: 'the host of a node vanishes, without a reset',
  layout: 'E',
  async run(context) {
    const { fleet, crowd, size, figure, expect } = context;
    const victim = fleet.nodes[0] as FleetNode;
    const rooms = await openRooms(context, { rooms: size === 'quick' ? 2 : 8, at: victim });
    await begin(context, rooms);
    victim.media.setWeather({ loss: 1 });
    victim.contact.setPassing(false);
    await allMoved(context, rooms, 1);
    const report = await crowd.measured();
    expectUnharmed(context, rooms);
    expectNoDoubles(context, report, rooms);
    const bars = { p95: 6000, max: 10_000 };
    figure({ name: 'media back', unit: 'ms', samples: gapsMs(report, rooms), bars });
    victim.media.setWeather(fair);
    victim.contact.setPassing(true);
    await nodeIsBack(fleet, victim);
    await eventually('the node has closed what is not its own any more', async () =>
      (await metric(victim.adminPort, 'plenum_node_rooms')) === 0 ? true : undefined,
    );
    expect(victim.process.unexpectedEnds.length === 0, 'the node went on running');
  },
};
