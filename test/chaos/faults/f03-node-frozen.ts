import { eventually, pause } from '../../e2e/support/plenum.js';
import { Commands } from '../commands.js';
import type { Fault, FaultContext } from '../fault.js';
import type { FleetNode } from '../fleet/fleet.js';
import { Mutes } from '../mutes.js';
import type { Room } from '../people/room.js';
import {
  allMoved,
  begin,
  expectUnharmed,
  gapsMs,
  metric,
  nodeIsBack,
  openRooms,
} from '../steps.js';

const frozenMs = 10_000;
/** Long enough for a packet that is on its way. */
const settleMs = 500;
/** Reliability F3: by then it is fenced. */
const fenceMs = 1000;

/**
 * A node stands still, its rooms move, it goes on: people send to it and listen to it still, and it has
 * to be silent.
 */
export const nodeFrozen: Fault = {
  id: 'F3',
  title: 'the host of a node is frozen, then thaws',
  layout: 'E',
  async run(context) {
    const { fleet, crowd, size, figure } = context;
    const victim = fleet.nodes[0] as FleetNode;
    const count = size === 'quick' ? 2 : 8;
    const wish = { rooms: count, people: 5, at: victim, keepsFormer: true };
    const rooms = await openRooms(context, wish);
    const [commands, mutes] = [new Commands(context, rooms), new Mutes(context, rooms)];
    await begin(context, rooms);
    const frozenAt = performance.now();
    victim.process.freeze();
    commands.start(10);
    mutes.start(10);
    await allMoved(context, rooms, 1);
    const report = await crowd.measured();
    const bars = { p95: 6000, max: 10_000 };
    figure({ name: 'media back', unit: 'ms', samples: gapsMs(report, rooms), bars });
    if (size === 'full') await pause(frozenMs - (performance.now() - frozenAt));
    const thawedUs = await crowd.moment();
    victim.process.thaw();
    await fenced(context, victim, rooms, thawedUs);
    await Promise.all([commands.stop(), mutes.stop()]);
    expectUnharmed(context, rooms);
    await commands.check();
    await mutes.check();
    await nodeIsBack(fleet, victim);
  },
};

/** The former owner is silent: nothing comes by the transports that were to be closed. */
async function fenced(
  { crowd, figure, expect }: FaultContext,
  victim: FleetNode,
  rooms: readonly Room[],
  thawedUs: number,
): Promise<void> {
  const former = rooms.flatMap(({ people }) => people.flatMap((person) => person.former));
  const ids = new Set((await Promise.all(former.map((media) => media.transports()))).flat());
  const look = async () =>
    (await crowd.heard()).transports.filter(({ transport }) => ids.has(transport));
  const packets = (seen: { packets: number }[]) => seen.reduce((sum, one) => sum + one.packets, 0);
  await pause(fenceMs);
  const before = packets(await look());
  await pause(settleMs);
  const after = await look();
  const listened = `${after.length} of ${ids.size} former transports are listened to`;
  expect(after.length > 0 && after.length === ids.size, listened);
  expect(
    packets(after) === before,
    `the former owner forwards: ${packets(after) - before} packets`,
  );
  const samples = after.map(({ lastUs }) => Math.max(0, lastUs - thawedUs) / 1000);
  figure({ name: 'former owner silent', unit: 'ms', samples, bars: { max: 1000 } });
  await eventually('the former owner has closed the rooms', async () =>
    (await metric(victim.adminPort, 'plenum_node_rooms')) === 0 ? true : undefined,
  );
}
