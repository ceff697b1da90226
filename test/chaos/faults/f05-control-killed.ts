import { eventually } from '../../e2e/support/plenum.js';
import { Commands } from '../commands.js';
import type { Fault } from '../fault.js';
import type { FleetControl } from '../fleet/fleet.js';
import { allHear } from '../people/room.js';
import { areBack, backMs, expectUnharmed, nodeIsBack, openRooms } from '../steps.js';

/** The only control process, with its database, started again by its supervisor. */
export const onlyControlKilled: Fault = {
  id: 'F5',
  title: 'kill -9 of the only control process',
  layout: 'E',
  async run(context) {
    const { fleet, crowd, size, figure, expect } = context;
    const [{ process }] = fleet.controls as [FleetControl];
    const rooms = await openRooms(context, { rooms: size === 'quick' ? 2 : 8 });
    const silent =
      size === 'quick' ? [] : await openRooms(context, { rooms: 8, people: 21, crowd: null });
    const all = [...rooms, ...silent];
    const commands = new Commands(context, all);
    commands.start(20);
    await commands.acknowledged(20);
    await crowd.moment();
    const killedAt = performance.now();
    process.supervise();
    await process.kill();
    await eventually('every socket is back', () => (areBack(all, killedAt) ? true : undefined));
    await allHear(crowd, rooms);
    const report = await crowd.heard();
    for (const node of fleet.nodes) await nodeIsBack(fleet, node);
    await commands.stop();
    expectUnharmed(context, all);
    await commands.check();
    const heard = rooms.flatMap((room) => room.heardBy(report));
    const lost = heard.reduce((sum, one) => sum + one.lost, 0);
    expect(lost === 0, `${lost} media packets were lost`);
    const samples = all.flatMap(({ people }) => people.map((one) => backMs(one.states, killedAt)));
    figure({ name: 'sockets back', unit: 'ms', samples, bars: { max: 8000 } });
    figure({ name: 'media lost', unit: 'count', samples: [lost], bars: { max: 0 } });
  },
};
