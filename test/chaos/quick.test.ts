/**
 * Every fault of reliability's table that the rig can inject, with a small load: everybody is back, with
 * the same ids, nothing is lost and nothing is there twice. Outcomes within a deadline; times are for
 * ./run chaos. A fleet serves all faults of its layout, until one fails.
 */
import t from 'tap';
import type { Layout } from './fault.js';
import { faults } from './faults/faults.js';
import type { Fleet } from './fleet/fleet.js';
import { runFault, startFleet } from './run.js';

for (const layout of ['E', 'C', 'R', 'W'] satisfies Layout[]) {
  let fleet: Fleet | undefined;
  for (const fault of faults.filter((one) => one.layout === layout)) {
    await t.test(`${fault.id} (${layout}): ${fault.title}`, async (t) => {
      fleet ??= await startFleet(layout);
      const { failures, seconds, seed } = await runFault(fault, fleet, 'quick');
      t.comment(`${fault.id}: ${seconds.toFixed(1)} s, PLENUM_TEST_SEED=${seed}`);
      t.strictSame(failures, []);
      if (failures.length === 0) return;
      t.comment(fleet.lastWords);
      await fleet.stop();
      fleet = undefined;
    });
  }
  await fleet?.stop();
}
