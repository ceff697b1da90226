import { eventually } from '../../e2e/support/plenum.js';
import { Commands } from '../commands.js';
import type { Fault } from '../fault.js';
import type { FleetControl } from '../fleet/fleet.js';
import { allHear } from '../people/room.js';
import { areBack, backMs, expectUnharmed, nodeIsBack, openRooms } from '../steps.js';

/** One of two control processes: the other one takes its rooms. */
export const oneControlKilled: Fault = {
  id: 'F5',
  title: 'kill -9 of one of two control processes',
  layout: 'R',
  async run(context) {
    const { fleet, crowd, size, figure, expect } = context;
    const [{ process, origin }] = fleet.controls as [FleetControl];
    const each = () => ({ origin });
    const rooms = await openRooms(context, { rooms: size === 'quick' ? 2 : 8, each });
    const sockets = { rooms: 8, people: 21, crowd: null, each };
    const all = [...rooms, ...(size === 'quick' ? [] : await openRooms(context, sockets))];
    const commands = new Commands(context, all);
    commands.start(20);
    await commands.acknowledged(20);
    await crowd.moment();
    const killedAt = performance.now();
    await process.kill();
    await eventually('every socket is back', () => (areBack(all, killedAt) ? true : undefined));
    await allHear(crowd, rooms);
    const report = await crowd.heard();
    await commands.stop();
    expectUnharmed(context, all);
    await commands.check();
    const heard = rooms.flatMap((room) => room.heardBy(report));
    const lost = heard.reduce((sum, one) => sum + one.lost, 0);
    expect(lost === 0, `${lost} media packets were lost`);
    const samples = all.flatMap(({ people }) => people.map((one) => backMs(one.states, killedAt)));
    figure({ name: 'sockets back', unit: 'ms', samples, bars: { p95: 2000, max: 5000 } });
    await process.start();
    // Until nodes have dialled in, it can open no room.
    for (const node of fleet.nodes) await nodeIsBack(fleet, node);
  },
};
