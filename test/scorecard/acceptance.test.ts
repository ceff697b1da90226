// Acceptance tests of congestion control over simulated links, T1.18, T1.22, T1.29 and T1.30, and
// layered sources behind a link that narrows ([CC-10], [CC-11]): the machinery and the seeds of
// ./run scorecard, where all seeds take seconds; else some.
// A threshold that is known to be missed says in the file what holds instead: that is asserted.
import t from 'tap';
import { acceptancePoints } from '../../bench/scorecard/acceptance.js';
import { measureRun, readScenarios } from '../../bench/scorecard/scenarios.js';
import { judge } from '../../bench/scorecard/verdicts.js';

/** Simulated seconds that a run may take here. */
const MOST_S = 360;

const scenarios = ['acceptance', 'layered'].flatMap((name) => {
  const { file, runs } = readScenarios(`test/fixtures/congestion/${name}.json`);
  return runs.map((run) => ({ file, run }));
});

for (const { file, run } of scenarios) {
  const { acceptance, duration_s, seeds = 1 } = run.test;
  t.test(`${acceptance ? `[${acceptance}] ` : ''}${run.key}`, async (t) => {
    const values = run.thresholds.map((): number[] => []);
    const count = Math.min(seeds, Math.floor(MOST_S / duration_s));
    for (let seed = 1; seed <= count; seed += 1) {
      for (const [index, value] of (await measureRun(file, run, seed)).entries()) {
        values[index]?.push(value);
      }
    }
    const verdicts = judge(run, values);
    for (const { threshold, median, worst, isMet, isAsKnown } of verdicts) {
      const { metric, op, median_of_seeds, worst_seed } = threshold;
      const limits = `${op} ${median_of_seeds}/${worst_seed}`;
      const outcome = isMet ? 'met' : 'missed, as known';
      t.ok(
        isAsKnown,
        `${metric} ${outcome}: ${median.toFixed(3)}/${worst.toFixed(3)}, wanted ${limits}`,
      );
    }
    for (const { figures } of acceptancePoints(verdicts)) t.comment(`conformance ${figures}`);
  });
}
