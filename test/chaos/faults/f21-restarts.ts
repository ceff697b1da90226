import { eventually } from '../../e2e/support/plenum.js';
import { Arrivals } from '../arrivals.js';
import { EventLog } from '../event-log.js';
import type { Fault, FaultContext } from '../fault.js';
import type { FleetNode } from '../fleet/fleet.js';
import { allHear } from '../people/room.js';
import { expectUnharmed, nodeIsBack, openRooms } from '../steps.js';

/** Joins of the long form, and how many of them may fail. */
const [joins, mayFail] = [1000, 1];

/**
 * An upgrade: every process is asked to stop and started again, one after the other, while people are
 * there and others come. Of the database this is F7's.
 */
export const restarts: Fault = {
  id: 'F21',
  title: 'every process is restarted, one after the other',
  layout: 'R',
  async run(context) {
    const { fleet, crowd, size, figure, expect } = context;
    const each = (n: number) => ({ origin: fleet.origin(n % 2) });
    const some =
      size === 'quick' ? { rooms: 2, at: fleet.nodes.at(-1) as FleetNode } : { rooms: 5 };
    const rooms = await openRooms(context, { ...some, each });
    const all = restartsOf(context);
    const arrivals = new Arrivals(context, rooms);
    arrivals.start(2);
    // A control process and the node that has the rooms, or all of them for as long as people come.
    if (size === 'quick') for (const restart of [all[2], all.at(-1)]) await restart?.();
    else while (arrivals.count < joins) for (const restart of all) await restart();
    await arrivals.stop();
    const { failures } = arrivals;
    const most = size === 'quick' ? 0 : mayFail;
    expect(failures.length <= most, `did not get in: ${failures.slice(0, 5).join('; ')}`);
    figure({ name: 'joins failed', unit: 'count', samples: [failures.length], bars: { max: 1 } });
    const areThere = () =>
      rooms.every(({ people }) => people.every((one) => one.state === 'online'));
    await eventually('everybody is back', () => (areThere() ? true : undefined));
    await allHear(crowd, rooms);
    expectUnharmed(context, rooms);
    await new EventLog(context).expectLogged(rooms);
  },
};

/** The sink, the bus, each control process, the broker, each node: begun again as operators do. */
function restartsOf({ fleet }: FaultContext): (() => Promise<void>)[] {
  const { redis, events } = fleet.stores;
  const again = async (process: typeof fleet.sink) => {
    await process.end();
    await process.start();
  };
  return [
    () => again(fleet.sink),
    () => redis.kill().then(() => redis.restart()),
    ...fleet.controls.map(({ process }) => async () => {
      await again(process);
      // Until nodes have dialled in, it can open no room.
      for (const node of fleet.nodes) await nodeIsBack(fleet, node);
    }),
    () => events.kafka.kill().then(() => events.kafka.restart()),
    ...fleet.nodes.map((node) => async () => {
      await again(node.process);
      await nodeIsBack(fleet, node);
    }),
  ];
}
