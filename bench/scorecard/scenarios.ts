/** From a scenario file to measured values. */
import { readFileSync } from 'node:fs';
import { conditionsOf } from './conditions.js';
import { measure } from './metrics.js';
import { type Run, runsOf, type ScenarioFile } from './scenario-file.js';
import { simulate } from './simulation.js';

export interface Scenarios {
  readonly file: ScenarioFile;
  readonly runs: readonly Run[];
}

/** `only`: a regular expression over ids of tests. */
export function readScenarios(path: string, only?: string): Scenarios {
  const file: ScenarioFile = JSON.parse(readFileSync(path, 'utf8'));
  const pattern = new RegExp(only ?? '');
  return { file, runs: runsOf(file, (id) => pattern.test(id)) };
}

/** The value of each threshold of a run with one seed. */
export async function measureRun(file: ScenarioFile, run: Run, seed: number): Promise<number[]> {
  const conditions = conditionsOf(file, run);
  const record = await simulate(conditions, seed);
  return run.thresholds.map((threshold) => measure({ conditions, record, threshold }));
}
