/**
 * RFC 8867 5.1 and 5.4 as the scorecard has them, but with a real node, a real limit (tc tbf) and a
 * real Chromium that receives (T2.2): ./run bench rmcat [--only 5.1|5.4] [--json FILE]. Needs root.
 * Both: writes build/results/rmcat.tap for ./run conformance. test-output/rmcat-….svg shows a run.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type BenchResult, reportResult } from './results.js';
import { svgOfRun } from './rmcat/plot.js';
import { runOnce } from './rmcat/run.js';
import { tolerated } from './rmcat/tolerance.js';
import { acceptancePoints, acceptanceTap } from './scorecard/acceptance.js';
import { conditionsOf } from './scorecard/conditions.js';
import { measure } from './scorecard/metrics.js';
import { readScenarios } from './scorecard/scenarios.js';
import { judge, type Verdict } from './scorecard/verdicts.js';

const SCENARIOS = 'test/fixtures/congestion/rfc8867.json';
const PROFILE = 'gcc-base';
const KNOWN = ['5.1', '5.4'];

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, json: { type: 'string' } },
});
if (options.only && !KNOWN.includes(options.only)) throw new Error(`--only: ${KNOWN.join(' or ')}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const { file, runs } = readScenarios(SCENARIOS);
const wanted = options.only ? [options.only] : KNOWN;
const verdicts: Verdict[] = [];
for (const run of runs) {
  if (run.profile !== PROFILE || run.variant || !wanted.includes(run.test.id)) continue;
  const conditions = conditionsOf(file, run);
  const record = await runOnce(conditions);
  const values = run.thresholds.map((threshold) => [measure({ conditions, record, threshold })]);
  const found = judge({ ...run, thresholds: run.thresholds.map(tolerated) }, values);
  for (const verdict of found) console.log(lineOf(verdict));
  verdicts.push(...found);
  mkdirSync('test-output', { recursive: true });
  writeFileSync(`test-output/rmcat-${run.test.id}.svg`, svgOfRun(conditions, record));
}
if (!options.only) {
  mkdirSync('build/results', { recursive: true });
  writeFileSync('build/results/rmcat.tap', acceptanceTap(acceptancePoints(verdicts)));
}
const met = verdicts.filter(({ isMet }) => isMet).length;
reportResult(resultOf(verdicts), `${met} of ${verdicts.length} thresholds met in one run each`);

function lineOf({ test, threshold, median, isMet }: Verdict): string {
  const { metric, op, worst_seed: limit, unit, window_s: window } = threshold;
  const mark = isMet ? 'met   ' : 'MISSED';
  const value = Number(median.toPrecision(4));
  return `${mark} ${test} ${metric} ${window?.join('-')} s: ${value}, wanted ${op} ${limit} ${unit}`;
}

function resultOf(all: readonly Verdict[]): BenchResult {
  const figures = all.map(({ test, threshold: { metric, window_s: window, unit }, median }) => {
    const name = [test, metric, window?.join('-'), unit.replace('%', 'percent')];
    return [name.filter(Boolean).join('_').replaceAll(' ', '_'), median] as const;
  });
  const work = { scenarios: SCENARIOS, tests: wanted.join(' '), path: 'veth with tbf, relays' };
  return { bench: 'rmcat', work, figures: Object.fromEntries(figures) };
}
