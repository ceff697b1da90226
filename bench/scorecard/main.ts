/**
 * The congestion scorecard: every scenario of a file with many seeds, in two processes.
 * ./run scorecard [--scenarios FILE | --acceptance] [--seeds N] [--json FILE] [--only REGEXP]
 * All of the house's own scenarios: writes docs/congestion-scorecard.md. All of any file: writes
 * build/results/scorecard-….tap for ./run conformance.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { acceptancePoints, acceptanceTap, wholeScorecard } from './acceptance.js';
import type { Job, JobResult } from './job.js';
import { json, markdown } from './report.js';
import type { Run } from './scenario-file.js';
import { readScenarios } from './scenarios.js';
import { judge } from './verdicts.js';

const WORKERS = 2;
const SEEDS = 10;
const SCENARIOS = 'test/fixtures/congestion/rfc8867.json';
const ACCEPTANCE = 'test/fixtures/congestion/acceptance.json';

const { values: options } = parseArgs({
  options: {
    scenarios: { type: 'string', default: SCENARIOS },
    acceptance: { type: 'boolean', default: false },
    seeds: { type: 'string' },
    json: { type: 'string' },
    only: { type: 'string' },
  },
});
const path = options.acceptance ? ACCEPTANCE : options.scenarios;
const seeds = Number(options.seeds ?? SEEDS);
if (!Number.isInteger(seeds) || seeds < 1) throw new Error('--seeds: a positive number');
const { file, runs } = readScenarios(path, options.only);
const startedMs = performance.now();

/** `values[run][threshold]`, one per seed. */
const values = runs.map(({ thresholds }) => thresholds.map((): number[] => []));
await runAll();
const verdicts = runs.flatMap((run, index) => judge(run, values[index] ?? []));
const head = {
  ...{ title: file.meta.title, seeds },
  scenarios: relative(process.cwd(), path),
};
if (options.json) writeFileSync(options.json, json(head, verdicts));
if (!options.only) {
  if (path === SCENARIOS) writeFileSync('docs/congestion-scorecard.md', markdown(head, verdicts));
  mkdirSync('build/results', { recursive: true });
  const results = `build/results/scorecard-${basename(path, '.json')}.tap`;
  const points = acceptancePoints(verdicts);
  if (path === SCENARIOS) points.unshift(wholeScorecard(verdicts, seeds));
  writeFileSync(results, acceptanceTap(points));
}
for (const { test, threshold, conditions, median, worst, isMet } of verdicts) {
  if (isMet && !options.only) continue;
  const { metric, op, median_of_seeds, worst_seed, window_s, flow } = threshold;
  const where = [conditions, metric, window_s?.join('-'), flow].filter(Boolean).join(' ');
  const limits = `${op} ${median_of_seeds}/${worst_seed}`;
  const mark = isMet ? 'met   ' : 'MISSED';
  console.log(
    `${mark} ${test} ${where}: ${median.toFixed(3)}/${worst.toFixed(3)}, wanted ${limits}`,
  );
}
const met = verdicts.filter(({ isMet }) => isMet).length;
const took = ((performance.now() - startedMs) / 1000).toFixed(0);
const often = options.acceptance && !options.seeds ? 'their own number of' : seeds;
console.log(`${met} of ${verdicts.length} thresholds met with ${often} seeds, in ${took} s`);

/** As many as asked for on the command line, else as the test itself asks for. */
function seedsOf({ test }: Run): number {
  return options.seeds === undefined ? (test.seeds ?? seeds) : seeds;
}

/** The longest first, so that both processes end at about the same time. */
async function runAll(): Promise<void> {
  const weight = (run: number) =>
    (runs[run]?.test.duration_s ?? 0) * (runs[run]?.test.flows.length ?? 1);
  const jobs: Job[] = runs
    .flatMap((run, index) =>
      Array.from({ length: seedsOf(run) }, (_, seed) => ({ run: index, seed: seed + 1 })),
    )
    .sort((a, b) => weight(b.run) - weight(a.run));
  const argument = JSON.stringify({ file: path, only: options.only });
  const workers = Array.from({ length: Math.min(WORKERS, jobs.length) }, () =>
    fork(join(import.meta.dirname, 'worker.js'), [argument]),
  );
  await Promise.all(workers.map((worker) => feed(worker, jobs)));
}

function feed(worker: ChildProcess, jobs: Job[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = () => {
      const job = jobs.shift();
      if (job) worker.send(job);
      else worker.disconnect();
    };
    worker.on('message', (result: JobResult) => {
      for (const [index, value] of result.values.entries()) {
        values[result.run]?.[index]?.push(value ?? Number.POSITIVE_INFINITY);
      }
      next();
    });
    worker.on('error', reject);
    worker.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`worker: ${code}`))));
    next();
  });
}
