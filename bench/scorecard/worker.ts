/** A process of the scorecard: simulates one job after the other. Started by main.ts. */
import type { Job, JobResult, WorkerOptions } from './job.js';
import { measureRun, readScenarios } from './scenarios.js';

const { file: path, only } = JSON.parse(process.argv[2] ?? '{}') as WorkerOptions;
const { file, runs } = readScenarios(path, only);

process.on('message', async ({ run: index, seed }: Job) => {
  const run = runs[index];
  if (!run) throw new Error(`no run ${index}`);
  const values = await measureRun(file, run, seed);
  const result: JobResult = {
    ...{ run: index, seed },
    values: values.map((value) => (Number.isFinite(value) ? value : null)),
  };
  process.send?.(result);
});
