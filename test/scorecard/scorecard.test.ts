// The short form of ./run scorecard: six scenarios with three seeds each, and repeatability.
import t from 'tap';
import { type Run, runsOf, type ScenarioFile } from '../../bench/scorecard/scenario-file.js';
import { measureRun, readScenarios } from '../../bench/scorecard/scenarios.js';
import { judge } from '../../bench/scorecard/verdicts.js';

const SEEDS = [1, 2, 3];
const path = 'test/fixtures/congestion/rfc8867.json';
const ids = ['5.1', '5.4', 'X1-1000', 'X5-start1000-cap300', 'S1-4000', 'S4-step'];
const { file } = readScenarios(path);

async function measureAll(own: ScenarioFile, run: Run, seeds: readonly number[]) {
  const values = run.thresholds.map((): number[] => []);
  for (const seed of seeds) {
    for (const [index, value] of (await measureRun(own, run, seed)).entries()) {
      values[index]?.push(value);
    }
  }
  return values;
}

/**
 * Three seeds are fewer than the ten of the thresholds' medians: here the median of three must be
 * within what is allowed for the worst seed; ./run scorecard judges by the medians.
 */
for (const run of runsOf(file, (id) => ids.includes(id))) {
  t.test(`[T2.1] ${run.key}`, async (t) => {
    const values = await measureAll(file, run, SEEDS);
    for (const { threshold, median } of judge(run, values)) {
      const { metric, op, worst_seed: limit, window_s: window, unit } = threshold;
      const name = [metric, window?.join('-'), threshold.flow].filter(Boolean).join(' ');
      const isMet = op === '<=' ? median <= limit : median >= limit;
      t.ok(isMet, `${name}: ${median.toFixed(3)} ${op} ${limit}`);
      t.comment(
        `conformance T2.1 ${run.key} ${name} threshold=${limit}${unit} got=${median.toFixed(3)}`,
      );
    }
  });
}

t.test('[T2.3] the same seed gives the same figures, another one others', async (t) => {
  const run = runsOf(file, (id) => id === '5.4')[0] as Run;
  const short = { ...run, test: { ...run.test, duration_s: 60 } };
  const first = await measureAll(file, short, [1]);
  t.same(await measureAll(file, short, [1]), first);
  t.notSame(await measureAll(file, short, [2]), first);
});
