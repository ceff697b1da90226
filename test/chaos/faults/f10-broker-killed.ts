import { eventsOf, reaches } from '../../../control/src/testing/test-events.js';
import { EventLog } from '../event-log.js';
import type { Fault, FaultContext } from '../fault.js';
import { allHear, type Room } from '../people/room.js';
import { expectUnharmed, openRooms } from '../steps.js';
import { quantile } from '../table.js';

const eventRooms = 40;

/** Events wait in Postgres, and nothing else waits. */
export const brokerKilled: Fault = {
  id: 'F10',
  title: 'the only broker of Kafka is killed',
  layout: 'R',
  async run(context) {
    const { fleet, crowd, size, figure } = context;
    const { kafka } = fleet.stores.events;
    const [total, perSecond] = size === 'quick' ? [2000, undefined] : [36_000, 200];
    const each = (n: number) => ({ origin: fleet.origin(n % 2) });
    const rooms = await openRooms(context, { rooms: 2, each });
    const log = new EventLog(context);
    await log.forwarded();
    const before = await joinsMs(context, rooms);
    await kafka.kill();
    const writing = log.write(eventsOf(eventRooms, total / eventRooms), perSecond);
    const during = await joinsMs(context, rooms);
    await writing;
    figure({
      ...{ name: 'join p95, of that with Kafka', unit: 'ratio', bars: { max: 1.05 } },
      samples: [quantile(during, 0.95) / quantile(before, 0.95)],
    });
    const [, rate] = await Promise.all([kafka.restart(), catchUp(context, log, total)]);
    figure({
      ...{ name: 'catch-up', unit: 'events/s', bars: { p95: 2000 }, isLeast: true },
      samples: [rate],
    });
    // A broker that dies before it answers has what is written again: in the topic twice, it counts once.
    await log.expectStored('final');
    await allHear(crowd, rooms);
    expectUnharmed(context, rooms);
    await log.expectLogged(rooms);
  },
};

/** Somebody comes and goes, by each control process in turn. */
async function joinsMs(
  { fleet, size, expect }: FaultContext,
  rooms: readonly Room[],
): Promise<number[]> {
  const took: number[] = [];
  for (let n = 0; n < (size === 'quick' ? 4 : 100); n += 1) {
    const room = rooms[n % rooms.length] as Room;
    const origin = fleet.origin(n % fleet.controls.length);
    await room.visit(origin).then(
      (ms) => took.push(ms),
      (error: Error) => expect(false, `a join: ${error.message}`),
    );
  }
  return took;
}

/** Events per second, from the first that Kafka takes until none waits. */
async function catchUp({ expect }: FaultContext, log: EventLog, total: number): Promise<number> {
  const waited = await log.waiting();
  expect(waited >= total, `${waited} events wait for Kafka, not ${total}`);
  let fullAt = performance.now();
  // By the bar the long form takes longer than a deadline.
  await reaches('events that wait for Kafka', 0, async () => {
    const now = await log.waiting();
    if (now >= waited) fullAt = performance.now();
    return now;
  });
  return (waited / (performance.now() - fullAt)) * 1000;
}
