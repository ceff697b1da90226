/** One core's share of the seeds. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Plant } from './plants.js';
import { type Outcome, simulate } from './simulate.js';

interface Share {
  from: number;
  /** Not this one any more. */
  to: number;
  step: number;
  plant: Plant | null;
}

export type Report = Omit<Outcome, 'trace'>;

const { from, to, step, plant } = workerData as Share;
for (let seed = from; seed < to; seed += step) {
  const { trace: _, ...report } = await simulate(seed, { plant });
  parentPort?.postMessage(report satisfies Report);
}
