import { eventually, pause } from '../../e2e/support/plenum.js';
import type { Fault, FaultContext } from '../fault.js';
import { allHear, type Room } from '../people/room.js';
import { expectUnharmed, openRooms } from '../steps.js';

/** Redis is killed, comes back empty, and is emptied: a cache, and no room's life. */
export const redisLost: Fault = {
  id: 'F8',
  title: 'Redis is down; FLUSHALL',
  layout: 'R',
  async run(context) {
    const { fleet, crowd, size, figure } = context;
    const { redis } = fleet.stores;
    const each = (n: number) => ({ origin: fleet.origin(n % 2) });
    const rooms = await openRooms(context, { rooms: size === 'quick' ? 2 : 4, each });
    await crowd.moment();
    await redis.kill();
    const until = performance.now() + (size === 'quick' ? 3000 : 60_000);
    while (performance.now() < until) {
      await healthy(context);
      await joinsLive(context, rooms);
      await pause(size === 'quick' ? 1000 : 500);
    }
    for (const [what, empty] of [
      ['after its return', () => redis.restart()],
      ['after FLUSHALL', () => redis.cli('flushall')],
    ] as const) {
      await empty();
      const emptyAt = performance.now();
      await filled(context, rooms);
      const samples = [performance.now() - emptyAt];
      figure({ name: `registry full ${what}`, unit: 'ms', samples, bars: { max: 5000 } });
    }
    await healthy(context);
    await allHear(crowd, rooms);
    expectUnharmed(context, rooms);
  },
};

async function healthy({ fleet, expect }: FaultContext): Promise<void> {
  for (const { origin } of fleet.controls) {
    const { status } = await fetch(new URL('healthz', origin));
    expect(status === 200, `/healthz of ${origin} says ${status}`);
  }
}

/** One more comes by each control process, and goes. */
async function joinsLive({ fleet, expect }: FaultContext, rooms: readonly Room[]): Promise<void> {
  for (const [n, room] of rooms.entries()) {
    const origin = fleet.origin(n % fleet.controls.length);
    const came = await room.visit(origin).then(
      () => '',
      (error: Error) => error.message,
    );
    expect(came === '', `a join while Redis is down: ${came}`);
  }
}

/** Each of these rooms stands in the registry, which has the default prefix. */
async function filled({ fleet }: FaultContext, rooms: readonly Room[]): Promise<void> {
  const names = rooms.map(({ meetingId }) => `plenum:room:${meetingId}`);
  await eventually('the registry is full again', async () =>
    Number(await fleet.stores.redis.cli('exists', ...names)) === rooms.length ? true : undefined,
  );
}
