/** ./run simulate [--seeds N] [--from S] [--trace SEED] [--plant NAME]: many seeds on all cores. */
import { parseArgs } from 'node:util';
import { plants } from './plants.js';
import { simulate } from './simulate.js';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
    trace: { type: 'string' },
    plant: { type: 'string' },
  },
});
const plant = plants.find((one) => one === values.plant) ?? null;

async function main(): Promise<void> {
  if (values.trace !== undefined) {
    const outcome = await simulate(Number(values.trace), { plant, isTracing: true });
    console.log(outcome.trace.join('\n'));
    console.log(outcome.failure, outcome.hash, outcome.steps);
    return;
  }
  const from = Number(values.from);
  let steps = 0;
  const began = performance.now();
  for (let seed = from; seed < from + Number(values.seeds); seed++) {
    const outcome = await simulate(seed, { plant });
    steps += outcome.steps;
    if (outcome.failure !== null) console.log(`${seed}: ${outcome.failure}`);
  }
  console.log(steps, 'steps', performance.now() - began, 'ms', process.cpuUsage());
}
await main();
