/**
 * What a packet costs with more subscribers, rooms and media threads, beside the bare forwarder
 * (docs/benchmarking.md).
 *   ./run bench scale [--axes subscribers,rooms,shards] [--profile gcm|cm] [--pairs N]
 *     [--seconds S] [--json FILE]   (the plots go to FILE with .svg)
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { type ForwardOptions, readCommandLine } from './forward/options.js';
import { firstShare, forwardDocument, median, type Run } from './forward/report.js';
import { runAttempt } from './gate/pairs.js';
import { type Axis, axesFor, growth, nsPerDoubling, type ScalePoint } from './scale/axes.js';
import { svgOfCharts } from './scale/plot.js';

const axes = axesFor(cpus().length);
const { values } = parseArgs({
  options: {
    axes: { type: 'string', default: axes.map(({ name }) => name).join(',') },
    profile: { type: 'string', default: 'gcm' },
    pairs: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
    json: { type: 'string' },
  },
});
const { profile, pairs, seconds } = values;
const { options: base } = readCommandLine([
  ...['--profile', profile, '--pairs', pairs, '--seconds', seconds],
]);
const wanted = values.axes.split(',').map((name) => {
  const axis = axes.find((one) => one.name === name);
  if (!axis) throw new Error(`--axes: ${axes.map((one) => one.name).join(',')}`);
  return axis;
});

function pointOf(at: number, { pairs: taken }: Run): ScalePoint {
  const ns = (side: 'node' | 'ideal') => 1000 * median(taken.map((pair) => pair[side].usPerPacket));
  return { at, ns: ns('node'), idealNs: ns('ideal') };
}

const documents: object[] = [];
const voids: string[] = [];

async function walk({ name, steps, optionsAt }: Axis): Promise<ScalePoint[]> {
  const points: ScalePoint[] = [];
  for (const at of steps) {
    const options: ForwardOptions = { ...base, ...optionsAt(at) };
    const { run, void: why } = await runAttempt(options);
    if (why !== null) {
      voids.push(`${name} ${at}: ${why}`);
      console.log(`${name.padEnd(12)} ${`${at}`.padStart(5)}  void: ${why}`);
      continue;
    }
    const point = pointOf(at, run);
    points.push(point);
    documents.push({ ...forwardDocument(run), ...{ bench: 'scale', axis: name, at } });
    const cells = [point.ns, point.idealNs].map((ns) => `${ns.toFixed(0)} ns`.padStart(10));
    const delays = median(run.pairs.map(({ node }) => node.load.delayNs.p99)) / 1e6;
    const shares = run.pairs.map(({ node }) => firstShare(node) ?? Number.NaN);
    const split =
      options.shards > 1
        ? `  first thread ${(100 * median(shares)).toFixed(0)} % of the CPU time`
        : '';
    console.log(
      `${name.padEnd(12)} ${`${at}`.padStart(5)} ${cells.join(' ')}  delay p99 ${delays.toFixed(2)} ms${split}`,
    );
  }
  return points;
}

console.log('axis            at       node      ideal');
const charts = [];
const parts: string[] = [];
for (const axis of wanted) {
  const points = await walk(axis);
  charts.push({ title: axis.name, points });
  const slopes = (['ns', 'idealNs'] as const).map((figure) => nsPerDoubling(points, figure));
  const from = points.find(({ at }) => at >= 50)?.at ?? points[0]?.at ?? 0;
  const to = points.at(-1)?.at ?? 0;
  const grown = (100 * growth(points, from)).toFixed(0);
  parts.push(`${axis.name} ${from} → ${to}: ${grown} %`);
  console.log(
    `${axis.name}: ${slopes.map((slope) => slope.toFixed(0)).join(' and ')} ns more for each doubling (node, ideal)`,
  );
}
if (values.json) {
  writeFileSync(values.json, `${JSON.stringify(documents, null, 2)}\n`);
  writeFileSync(values.json.replace(/(\.json)?$/, '.svg'), svgOfCharts(charts));
}
for (const why of voids) console.log(`void: ${why}`);
console.log(`cost of a packet out grows by: ${parts.join('; ')}`);
if (voids.length > 0) process.exitCode = 1;
