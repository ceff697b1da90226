/**
 * ./run chaos: every fault with the small loads of reliability §3 and its bars, many times.
 *
 *   --only F1,F3   --layout S   --repeats N (20)   --quick   --json FILE
 *
 * Ends with 0 when every outcome holds and every bar was kept. In docs/chaos.md the lines of these
 * faults are replaced, others stay; so they do in FILE, if it is there. With --quick there are no bars,
 * and the table stays as it is.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Fault, Layout } from './fault.js';
import { faults } from './faults/faults.js';
import type { Fleet } from './fleet/fleet.js';
import { type Outcome, runFault, startFleet } from './run.js';
import { missedBars, secondsOf, writeTable } from './table.js';

/** A fault of the quick form, and the start of a fleet. */
const quickSeconds = 10;
const fleetSeconds = 20;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    layout: { type: 'string' },
    repeats: { type: 'string', default: '20' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const layouts = 'ECRWS';
const names = values.only?.split(',');
const wanted = faults
  .filter(({ id }) => names === undefined || names.includes(id))
  .filter(({ layout }) => [undefined, layout].includes(values.layout as Layout | undefined))
  .sort((a, b) => layouts.indexOf(a.layout) - layouts.indexOf(b.layout));
const repeats = Number(values.repeats);
const outcomes: Outcome[] = [];
console.log(forecast(wanted));
let fleet: Fleet | undefined;
// Whoever ends this run ends its fleet.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(
    signal,
    () => void (fleet?.stop() ?? Promise.resolve()).finally(() => process.exit(130)),
  );
}
let layout: Layout | undefined;
try {
  await runAll();
} finally {
  await fleet?.stop();
}
if (!values.quick) writeTable(outcomes);
if (values.json) writeFileSync(values.json, JSON.stringify(merged(values.json), null, 1));
// The quick form has no bars of time.
const missed = values.quick ? [] : missedBars(outcomes);
for (const bar of missed) console.log(`BAR ${bar}`);
process.exit(missed.length > 0 || outcomes.some(({ failures }) => failures.length > 0) ? 1 : 0);

async function runAll(): Promise<void> {
  for (const fault of wanted) {
    for (let n = 0; n < repeats; n += 1) {
      if (layout !== fault.layout) await fleet?.stop().then(() => (fleet = undefined));
      layout = fault.layout;
      fleet ??= await startFleet(layout);
      const lacking = fault.lacking?.(fleet) ?? null;
      if (lacking !== null) {
        console.log(`${fault.id} · not run: ${lacking}`);
        break;
      }
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
}

/** How long it will take, by what the table says of the last time. */
function forecast(all: readonly Fault[]): string {
  const known = all.map((fault) => (values.quick ? quickSeconds : secondsOf(fault)));
  const unknown = all.filter((_, n) => known[n] === undefined).map(({ id }) => id);
  const fleets = new Set(all.map((fault) => fault.layout)).size;
  const sum = known.reduce<number>((all, one) => all + (one ?? 0), 0);
  const minutes = Math.ceil((sum * repeats + fleets * fleetSeconds) / 60);
  const but = unknown.length === 0 ? '' : `, without ${unknown.join()}: not known yet`;
  return `${all.length} faults, ${repeats} times each: about ${minutes} min${but}`;
}

/** What was there of other faults, and what is new. */
function merged(file: string): Outcome[] {
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Outcome[]) : [];
  const isNew = ({ id, layout }: Outcome) =>
    outcomes.some((one) => one.id === id && one.layout === layout);
  return [...before.filter((one) => !isNew(one)), ...outcomes];
}

function tell({ id, seconds, seed, figures, void: why, failures }: Outcome): void {
  const measured = figures.filter(({ samples }) => samples.length > 0);
  const told = measured.map(({ name, samples, unit }) => {
    const [least, most] = [Math.min(...samples), Math.max(...samples)];
    return `${name} ${least.toFixed(1)}–${most.toFixed(1)} ${unit}`;
  });
  console.log(
    [id, `${seconds.toFixed(1)} s`, ...told, ...(why ? [`void: ${why}`] : [])].join(' · '),
  );
  if (failures.length > 0) console.log(`  PLENUM_TEST_SEED=${seed}`);
  for (const failure of failures.slice(0, 10)) console.log(`  FAILED ${failure}`);
}
