import type { Fault, FaultContext } from '../fault.js';
import { allHear, type Room } from '../people/room.js';
import { expectUnharmed, openRooms } from '../steps.js';

const hourS = 3600;

/** The wall clock of one process after the other jumps an hour on, and an hour back. */
export const clockJump: Fault = {
  id: 'F20',
  title: 'the clock of one process jumps by an hour',
  layout: 'C',
  async run(context) {
    const { fleet, crowd, size, expect } = context;
    const rooms = await openRooms(context, { rooms: 2 });
    const epochs = () => rooms.map(({ people }) => people.map(({ epoch }) => epoch)).join();
    const before = epochs();
    const jumps = size === 'quick' ? [hourS] : [hourS, -hourS];
    for (const one of [...fleet.controls, ...fleet.nodes]) {
      for (const seconds of jumps) {
        await fleet.setClock(one, seconds);
        await joins(context, size === 'quick' ? 2 : 25);
      }
      await fleet.setClock(one, 0);
    }
    await allHear(crowd, rooms);
    expectUnharmed(context, rooms);
    expect(epochs() === before, `rooms moved: ${before} became ${epochs()}`);
    for (const { state } of await fleet.admin.nodes()) expect(state === 'up', `a node is ${state}`);
  },
};

/** Each a room of two, who hear each other. */
async function joins(context: FaultContext, count: number): Promise<void> {
  const rooms: Room[] = [];
  for (let n = 0; n < count / 2; n += 1) {
    rooms.push(...(await openRooms(context, { rooms: 1, people: 2 })));
  }
  expectUnharmed(context, rooms);
  await Promise.all(rooms.map((room) => room.leave()));
}
