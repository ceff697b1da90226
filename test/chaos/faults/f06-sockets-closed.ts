import { eventually } from '../../e2e/support/plenum.js';
import { startTcpRelay } from '../../e2e/support/tcp-relay.js';
import type { Fault, FaultContext } from '../fault.js';
import type { Room } from '../people/room.js';
import { areBack, backMs, expectUnharmed, metric, openRooms } from '../steps.js';

const people = 20;
/** Rooms that open at a time. */
const atOnce = 5;

/** Every socket breaks at the same moment, by no fault of any process: all come back at once. */
export const socketsClosed: Fault = {
  id: 'F6',
  title: 'all sockets break at once',
  layout: 'R',
  async run(context) {
    const { fleet, size, figure } = context;
    const relays = await Promise.all(
      fleet.controls.map(async ({ origin }) => {
        const relay = await startTcpRelay(origin);
        context.teardown(() => relay.close());
        return { origin, relay };
      }),
    );
    // By the relay of the process that an address names.
    const reroute = (url: string) => {
      const way = relays.find(({ origin }) => new URL(origin).host === new URL(url).host);
      return way?.relay.address(url) ?? url;
    };
    const rooms: Room[] = [];
    const wanted = size === 'quick' ? 4 : 50;
    while (rooms.length < wanted) {
      const origin = fleet.origin(rooms.length % 2);
      const each = () => ({ origin, reroute });
      const count = Math.min(atOnce, wanted - rooms.length);
      rooms.push(...(await openRooms(context, { rooms: count, people, crowd: null, each })));
    }
    // The histogram begins anew with each look.
    await lagsMs(context);
    const brokenAt = performance.now();
    const cpuMs = cpuOf(context);
    for (const { origin, relay } of relays) relay.setTarget(origin);
    const back = () => (areBack(rooms, brokenAt) ? true : undefined);
    await eventually('every socket is back', back).catch((error: Error) => {
      throw new Error(`${error.message}: ${whoIsAway(rooms, brokenAt)}`);
    });
    const [ofGenerator, ofControls] = cpuMs();
    const lags = await lagsMs(context);
    expectUnharmed(context, rooms);
    const all = rooms.flatMap((room) => room.people);
    const samples = all.map(({ states }) => backMs(states, brokenAt));
    figure({ name: 'sockets back', unit: 'ms', samples, bars: { max: 5000 } });
    const each = (ms: number) => ({ unit: 'ms' as const, samples: [ms / all.length], bars: {} });
    figure({ name: 'CPU of control a socket', ...each(ofControls) });
    figure({ name: 'CPU of all people a socket', ...each(ofGenerator) });
    figure({ name: 'event-loop lag, p99', unit: 'ms', samples: lags, bars: { max: 200 } });
  },
};

/** How many, by what they are and why their sockets closed. */
function whoIsAway(rooms: readonly Room[], since: number): string {
  const away = rooms
    .flatMap(({ people }) => people)
    .filter(({ state, states }) => state !== 'online' || backMs(states, since) <= 0);
  const counts = new Map<string, number>();
  for (const { state, wire } of away) {
    const what = `${state}, closed with ${wire.closes.join(' ')}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return JSON.stringify([...counts]);
}

/** What it takes from here on: by this process, which is all people, and by all control processes. */
function cpuOf({ fleet }: FaultContext): () => [number, number] {
  const controls = () => fleet.controls.reduce((sum, one) => sum + one.process.cpuMs, 0);
  const [before, began] = [controls(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(began);
    return [(user + system) / 1000, controls() - before];
  };
}

/** Of each control process. */
function lagsMs({ fleet }: FaultContext): Promise<number[]> {
  const lag = async (port: number) =>
    1000 * (await metric(port, 'nodejs_eventloop_lag_p99_seconds'));
  return Promise.all(fleet.controls.map(({ adminPort }) => lag(adminPort)));
}
