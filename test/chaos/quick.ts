/**
 * Every fault of reliability's table that the rig can inject, with a small load: everybody is back, with
 * the same ids, nothing is lost and nothing is there twice. Outcomes within a deadline; times are for
 * ./run chaos. A fleet serves all faults of its layout, until one fails; the next one starts beside the
 * last fault of this.
 */
import t from 'tap';
import type { Layout } from './fault.js';
import { faults } from './faults/faults.js';
import type { Fleet } from './fleet/fleet.js';
import { runFault, startFleet } from './run.js';

/** One layout after the other. */
export async function quickForms(layouts: readonly Layout[]): Promise<void> {
  const fleets = new Fleets();
  for (const [place, layout] of layouts.entries()) {
    const mine = faults.filter((one) => one.layout === layout);
    for (const fault of mine) {
      await t.test(`${fault.id} (${layout}): ${fault.title}`, async (t) => {
        const fleet = await fleets.of(layout);
        const next = layouts[place + 1];
        if (fault === mine.at(-1) && next !== undefined) void fleets.of(next);
        const lacking = fault.lacking?.(fleet) ?? null;
        if (lacking !== null) return void t.pass(fault.title, { skip: lacking });
        const { failures, seconds, seed } = await runFault(fault, fleet, 'quick');
        t.comment(`${fault.id}: ${seconds.toFixed(1)} s, PLENUM_TEST_SEED=${seed}`);
        t.strictSame(failures, []);
        if (failures.length === 0) return;
        t.comment(fleet.lastWords);
        await fleets.end(layout);
      });
    }
    await fleets.end(layout);
  }
}

class Fleets {
  private readonly started = new Map<Layout, Promise<Fleet>>();

  /** The one that is there, or is on its way, or begins now. */
  of(layout: Layout): Promise<Fleet> {
    const fleet = this.started.get(layout) ?? startFleet(layout);
    // Whoever awaits it hears of a failure.
    fleet.catch(() => {});
    this.started.set(layout, fleet);
    return fleet;
  }

  async end(layout: Layout): Promise<void> {
    const fleet = this.started.get(layout);
    this.started.delete(layout);
    await (await fleet)?.stop();
  }
}
