import { eventually, pause } from '../../e2e/support/plenum.js';
import type { Fault } from '../fault.js';
import type { FleetControl, FleetNode } from '../fleet/fleet.js';
import { allHear, type Room } from '../people/room.js';
import {
  areBack,
  begin,
  expectNoDoubles,
  expectUnharmed,
  gapsMs,
  inRegion,
  nodeIsBack,
  openRooms,
} from '../steps.js';

/** Whoever has no answer asks again after so long. */
const againMs = 200;

/**
 * A region ends with all that is in it; the stores are elsewhere. The other region takes its rooms, and
 * whoever was about to come in comes in there.
 */
export const regionLost: Fault = {
  id: 'F18',
  title: 'a whole region is lost',
  layout: 'W',
  async run(context) {
    const { fleet, crowd, size, figure } = context;
    const [control, node] = [fleet.controls[0] as FleetControl, fleet.nodes[0] as FleetNode];
    const count = size === 'quick' ? 1 : 2;
    const within = await openRooms(context, { rooms: count, each: () => inRegion(context, 0) });
    const across = { rooms: count, each: (n: number) => inRegion(context, Math.floor(n / 2)) };
    const rooms = [...within, ...(await openRooms(context, across))];
    const late = rooms.map((room) => room.newcomer(inRegion(context, 0)));
    await Promise.all(late.map((person) => person.ask()));
    await begin(context, rooms);
    const lostAt = performance.now();
    await Promise.all([control.process.kill(), node.process.kill()]);
    const entering = Promise.all([
      ...late.map((person) => person.enter().then(() => performance.now() - lostAt)),
      ...rooms.map((room) => comesBy(room, fleet.origin(1)).then(() => performance.now() - lostAt)),
    ]);
    await eventually('everybody is back', () => (haveMedia(rooms, lostAt) ? true : undefined));
    const report = await allHear(crowd, rooms);
    const joinedMs = await entering;
    expectUnharmed(context, rooms);
    expectNoDoubles(context, report, rooms);
    const gaps = gapsMs(report, rooms);
    figure({ name: 'media back', unit: 'ms', samples: gaps, bars: { max: 15_000 } });
    figure({ name: 'joined elsewhere', unit: 'ms', samples: joinedMs, bars: { max: 10_000 } });
    await Promise.all([control.process.start(), node.process.start()]);
    for (const one of fleet.nodes) await nodeIsBack(fleet, one);
  },
};

/** Somebody who comes now, by the region that is left. */
async function comesBy(room: Room, origin: string): Promise<void> {
  let isIn = false;
  await eventually('somebody comes in elsewhere', async () => {
    isIn = await room.visit(origin).then(
      () => true,
      () => false,
    );
    if (!isIn) await pause(againMs);
    return isIn || undefined;
  });
}

/** Also those who have not noticed: all of their region goes on. */
function haveMedia(rooms: readonly Room[], since: number): boolean {
  const here = rooms.flatMap(({ people }) => people);
  const gone = rooms.map((room) => room.people.slice(0, 2));
  const areBackFromThere = areBack(
    gone.map((people) => ({ people })),
    since,
  );
  return areBackFromThere && here.every(({ state, hasMedia }) => state === 'online' && hasMedia);
}
