import { pause } from '../../e2e/support/plenum.js';
import type { Fault, FaultContext } from '../fault.js';
import { speakerOf } from '../people/crowd-process.js';
import type { Person } from '../people/person.js';
import { allHear, type Room } from '../people/room.js';
import { begin, expectUnharmed, gapsMs, linksOf, openRooms } from '../steps.js';

/** Longer than the gap that a check ends. */
const withoutChecksMs = 1500;
/** RFC 7983: the first byte of STUN is 0 to 3. */
const isStun = (datagram: Buffer) => (datagram[0] ?? 255) <= 3;

/** A NAT forgets a client and gives it another port; the client knows nothing of it. */
export const natRebinding: Fault = {
  id: 'F15',
  title: 'NAT rebinding, same network',
  layout: 'E',
  async run(context) {
    const { crowd, size, figure } = context;
    const rooms = await openRooms(context, { rooms: 1 });
    const [room] = rooms as [Room];
    const samples: number[] = [];
    await crowd.moment();
    for (let change = 0; change < (size === 'quick' ? 2 : 40); change += 1) {
      const person = room.people[change % room.size] as Person;
      await begin(context, rooms, 'again');
      for (const link of await linksOf(context, person)) link.rebind();
      await pause(500);
      await allHear(crowd, rooms);
      samples.push(Math.max(...gapsMs(await crowd.heard(), rooms)));
    }
    await crowd.measured();
    await withoutChecks(context, room);
    await allHear(crowd, rooms);
    expectUnharmed(context, rooms);
    figure({ name: 'gap', unit: 'ms', samples, bars: { p95: 1000 } });
  },
};

/** The control case: without an authenticated check nothing follows a changed port. */
async function withoutChecks(context: FaultContext, room: Room): Promise<void> {
  const { crowd, expect } = context;
  const person = room.people[0] as Person;
  const links = await linksOf(context, person);
  for (const link of links) {
    link.sieve = (datagram, towardsNode) => !(towardsNode && isStun(datagram));
    link.rebind();
  }
  await pause(200);
  await crowd.moment();
  await pause(withoutChecksMs);
  const concerned = room
    .heardBy(await crowd.heard())
    .filter(({ person: to, stream }) => to === person.index || speakerOf(stream) === person.index);
  const packets = concerned.reduce((sum, one) => sum + one.packets, 0);
  expect(packets === 0, `without a check ${packets} packets followed`);
  for (const link of links) link.sieve = () => true;
}
