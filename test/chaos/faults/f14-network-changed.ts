import { eventually } from '../../e2e/support/plenum.js';
import type { Fault } from '../fault.js';
import { allHear } from '../people/room.js';
import { begin, expectUnharmed, gapsMs, openRooms } from '../steps.js';

/** A person's media goes on from another address, and ICE restarts. */
export const networkChanged: Fault = {
  id: 'F14',
  title: 'a client changes its network',
  layout: 'E',
  async run(context) {
    const { crowd, size, figure } = context;
    const rooms = await openRooms(context, { rooms: 1 });
    const { people } = rooms[0] as (typeof rooms)[0];
    const samples: number[] = [];
    await crowd.moment();
    for (let change = 0; change < (size === 'quick' ? 2 : 40); change += 1) {
      const person = people[change % people.length] as (typeof people)[0];
      const movedUs = await begin(context, rooms, 'again');
      await person.changeNetwork(`127.0.0.${2 + (change % 200)}`);
      await eventually('everybody hears each other by the new way', async () => {
        const report = await crowd.heard();
        const since = rooms.flatMap((room) => room.heardBy(report)).map(({ lastUs }) => lastUs);
        return since.every((lastUs) => lastUs > movedUs + 300_000) ? true : undefined;
      });
      await allHear(crowd, rooms);
      samples.push(Math.max(...gapsMs(await crowd.heard(), rooms)));
    }
    await crowd.measured();
    expectUnharmed(context, rooms);
    figure({ name: 'gap', unit: 'ms', samples, bars: { p50: 1000, p95: 2500 } });
  },
};
