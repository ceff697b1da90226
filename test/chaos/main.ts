/**
 * ./run chaos: every fault with the small loads of reliability §3 and its bars, many times.
 *
 *   --only F1,F3   --repeats N (20)   --quick   --json FILE
 *
 * With --only or --quick the table in docs/chaos.md stays as it is.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Layout } from './fault.js';
import { faults } from './faults/faults.js';
import type { Fleet } from './fleet/fleet.js';
import { type Outcome, runFault, startFleet } from './run.js';
import { writeTable } from './table.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    repeats: { type: 'string', default: '20' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const names = values.only?.split(',');
const wanted = faults
  .filter(({ id }) => names === undefined || names.includes(id))
  .sort((a, b) => 'ECRW'.indexOf(a.layout) - 'ECRW'.indexOf(b.layout));
const outcomes: Outcome[] = [];
let fleet: Fleet | undefined;
// Whoever ends this run ends its fleet.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(
    signal,
    () => void (fleet?.stop() ?? Promise.resolve()).finally(() => process.exit(130)),
  );
}
let layout: Layout | undefined;
for (const fault of wanted) {
  for (let n = 0; n < Number(values.repeats); n += 1) {
    if (layout !== fault.layout) await fleet?.stop().then(() => (fleet = undefined));
    layout = fault.layout;
    fleet ??= await startFleet(layout);
    const outcome = await runFault(fault, fleet, values.quick ? 'quick' : 'full');
    outcomes.push(outcome);
    tell(outcome);
    if (outcome.failures.length === 0) continue;
    // What a failure leaves behind is nobody's to judge.
    console.log(fleet.lastWords);
    await fleet.stop();
    fleet = undefined;
  }
}
await fleet?.stop();
if (!values.quick && names === undefined) writeTable(outcomes);
if (values.json) writeFileSync(values.json, JSON.stringify(outcomes, null, 1));
process.exit(outcomes.some(({ failures }) => failures.length > 0) ? 1 : 0);

function tell({ id, seconds, figures, void: why, failures }: Outcome): void {
  const told = figures.map(({ name, samples, unit }) => {
    const [least, most] = [Math.min(...samples), Math.max(...samples)];
    return `${name} ${least.toFixed(1)}–${most.toFixed(1)} ${unit}`;
  });
  console.log(
    [id, `${seconds.toFixed(1)} s`, ...told, ...(why ? [`void: ${why}`] : [])].join(' · '),
  );
  for (const failure of failures.slice(0, 10)) console.log(`  FAILED ${failure}`);
}
