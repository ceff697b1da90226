import { eventually, pause } from '../../e2e/support/plenum.js';
import { startTcpRelay } from '../../e2e/support/tcp-relay.js';
import { fair } from '../../e2e/support/weather.js';
import type { Fault } from '../fault.js';
import type { Person } from '../people/person.js';
import { allHear, type Room } from '../people/room.js';
import { expectUnharmed, linksOf, openRooms } from '../steps.js';

/** One client's link is cut, media and signaling, and comes back: the same seat. */
export const clientOffline: Fault = {
  id: 'F16',
  title: 'a client is offline',
  layout: 'E',
  async run(context) {
    const { fleet, crowd, size, figure } = context;
    const signaling = await startTcpRelay(fleet.origin());
    context.teardown(() => signaling.close());
    const each = (n: number) =>
      n === 0
        ? {
            reroute: (url: string) =>
              signaling.address(url.replace(/^ws/, 'http')).replace(/^http/, 'ws'),
          }
        : {};
    const rooms = await openRooms(context, { rooms: 1, each });
    const [room] = rooms as [Room];
    const [person, ...others] = room.people as [Person, ...Person[]];
    const links = await linksOf(context, person);
    for (const link of links) link.weather = { ...fair, loss: 1 };
    signaling.setPassing(false);
    await pause(size === 'quick' ? 4000 : 10_000);
    const backAt = performance.now();
    signaling.setPassing(true);
    for (const link of links) link.weather = undefined;
    person.retryNow();
    await eventually('the socket is back', () => (person.state === 'online' ? true : undefined));
    await allHear(crowd, rooms);
    figure({
      name: 'back',
      unit: 'ms',
      samples: [performance.now() - backAt],
      bars: { max: 2000 },
    });
    expectUnharmed(context, rooms);
    for (const other of others) {
      const left = other.wire.left.filter((id) => id === person.seat.id).length;
      context.expect(left === 0, `person ${other.index} was told that the person left`);
    }
  },
};
