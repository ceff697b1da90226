import { eventsOf } from '../../../control/src/testing/test-events.js';
import { EventLog } from '../event-log.js';
import type { Fault, FaultContext } from '../fault.js';

const eventRooms = 50;
/** Where the sink says that it is: a block is begun, sent, stored and not yet committed. */
const points = ['begun', 'sent', 'stored'];

/** Kills and events by size; PLENUM_TEST_KILLS and PLENUM_TEST_EVENTS make it longer. */
function load(size: FaultContext['size']): { kills: number; total: number } {
  if (size === 'quick') return { kills: 1, total: 5000 };
  const { PLENUM_TEST_KILLS: kills = '5', PLENUM_TEST_EVENTS: total = '50000' } = process.env;
  return { kills: Number(kills), total: Number(total) };
}

/** Killed in the middle of blocks, where the seed says: each event is one row, without a merge. */
export const sinkKilled: Fault = {
  id: 'F11',
  title: 'the sink is killed in the middle of blocks',
  layout: 'R',
  async run(context) {
    const { fleet, size, random } = context;
    const { kills, total } = load(size);
    const events = eventsOf(eventRooms, total / eventRooms);
    const log = new EventLog(context);
    await log.withoutMerges();
    const part = Math.ceil(total / (kills + 1));
    for (let kill = 0; kill <= kills; kill += 1) {
      // Written while nobody reads: what a block would be cut to anew is another one.
      await fleet.sink.kill();
      await log.write(events.slice(kill * part, (kill + 1) * part));
      await log.forwarded();
      if (kill < kills) await fleet.sink.start(somePoint(random));
    }
    await fleet.sink.start();
    await log.expectStored('as inserted');
  },
};

/** Of the first or second block. */
function somePoint(random: () => number): RegExp {
  const point = points[Math.floor(random() * points.length)];
  const block = 1 + Math.floor(random() * 2);
  return new RegExp(`(^${point}$[^]*?){${block}}`, 'm');
}
