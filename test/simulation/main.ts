/**
 * Runs a fleet with each of many seeds, on all cores, and says which of them break an invariant.
 * With --trace, one seed and everything that happens in it.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { type Plant, plants } from './plants.js';
import { simulate } from './simulate.js';
import type { Report } from './worker.js';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
    trace: { type: 'string' },
    plant: { type: 'string' },
  },
});

function plantOf(name: string | undefined): Plant | null {
  const plant = plants.find((one) => one === name);
  if (name !== undefined && plant === undefined) {
    throw new Error(`--plant needs one of: ${plants.join(', ')}`);
  }
  return plant ?? null;
}

/** Of what a failing seed did last. */
const shownLines = 200;

async function show(seed: number, plant: Plant | null, lines: number): Promise<boolean> {
  const { trace, failure, hash, steps } = await simulate(seed, { plant, isTracing: true });
  const about = `seed ${seed}, ${steps} steps, ${hash}: ${failure ?? 'all is well'}`;
  process.stdout.write([...trace.slice(-lines), about, ''].join('\n'));
  return failure === null;
}

/** Each core takes every n-th seed. */
async function runAll(from: number, count: number, plant: Plant | null): Promise<boolean> {
  const failed: Report[] = [];
  let steps = 0;
  const cores = availableParallelism();
  const work = Array.from({ length: cores }, (_, share) => {
    const workerData = { from: from + share, to: from + count, step: cores, plant };
    const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData });
    worker.on('message', (report: Report) => {
      steps += report.steps;
      if (report.failure === null) return;
      failed.push(report);
      process.stdout.write(`seed ${report.seed}: ${report.failure}\n`);
    });
    return new Promise((resolve, reject) => worker.on('exit', resolve).on('error', reject));
  });
  await Promise.all(work);
  const [first] = failed.sort((one, other) => one.seed - other.seed);
  if (first !== undefined) await show(first.seed, plant, shownLines);
  const seeds = `seeds ${from} to ${from + count - 1}`;
  process.stdout.write(`${seeds}, ${steps} steps, ${cores} cores: ${failed.length} failed\n`);
  return first === undefined;
}

const plant = plantOf(values.plant);
const isWell =
  values.trace === undefined
    ? await runAll(Number(values.from), Number(values.seeds), plant)
    : await show(Number(values.trace), plant, Number.POSITIVE_INFINITY);
process.exitCode = isWell ? 0 : 1;
