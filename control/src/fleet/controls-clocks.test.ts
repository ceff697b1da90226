/** Two control processes whose clocks differ, and the way between them is cut: both live, for each other. */
import t, { type Test } from 'tap';
import { systemClock } from '../clock.js';
import { KeyRing } from '../keys/key-ring.js';
import { testDatabase, testServer } from '../testing/test-database.js';
import { testFleetControl } from '../testing/test-fleet.js';
import { claimPort } from '../testing/test-ports.js';
import { eventually } from '../testing/test-redis.js';
import { testRelay } from '../testing/test-way.js';

const server = await testServer(t);

/** Two of one fleet, which reach each other by relays. @param aheadMs the clock of the second one. */
async function twoClocks(t: Test, aheadMs: number) {
  const shared = { database: await testDatabase(t, server), keys: KeyRing.ephemeral() };
  const wrong = { ...systemClock, now: () => systemClock.now() + aheadMs };
  const begin = async (fleetClock: typeof systemClock) => {
    const port = await claimPort();
    const way = await testRelay(t, port);
    const advertise = `127.0.0.1:${way.port}`;
    const { fleet } = await testFleetControl(t, { ...shared, port, advertise, fleetClock });
    return { fleet, way };
  };
  return [await begin(systemClock), await begin(wrong)] as const;
}

for (const aheadMs of [-10_000, 45_000]) {
  t.test(`one is ${aheadMs} ms ahead: cut off is not gone, ended is`, async (t) => {
    const [one, two] = await twoClocks(t, aheadMs);
    const lost: string[] = [];
    const pairs = [
      { own: one.fleet, other: two.fleet.controlId },
      { own: two.fleet, other: one.fleet.controlId },
    ];
    for (const { own, other } of pairs) {
      own.onLost((controlId) => lost.push(controlId));
      await eventually('the other', async () => own.answering().includes(other) || undefined);
    }
    for (const { way } of [one, two]) way.silence();
    for (const { own, other } of pairs) {
      await eventually('silence', async () => !own.answering().includes(other) || undefined);
      t.ok(own.controls.isCut(other));
      t.ok(await own.isAlive(other));
    }
    t.strictSame(lost, [], 'nobody takes the rooms of the other');
    for (const { way } of [one, two]) await way.mend();
    for (const { own, other } of pairs) {
      await eventually('it is heard', async () => own.answering().includes(other) || undefined);
    }
    await one.fleet.crash();
    await eventually('that it is gone', async () => lost.length > 0 || undefined);
    t.strictSame(lost, [one.fleet.controlId]);
  });
}
